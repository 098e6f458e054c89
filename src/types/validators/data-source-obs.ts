import { type Demand, itemFieldRule } from "./data-source-item.js";

/** Rule `data-source-obs`, on an item's fields: an OBS item has dataUrl and neither datasetId nor datasetVersion. */
export function DataSourceObs(demand: Demand): PropertyDecorator {
  return itemFieldRule("data-source-obs", "OBS", demand);
}
