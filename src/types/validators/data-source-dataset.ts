import { type Demand, itemFieldRule } from "./data-source-item.js";

/** Rule `data-source-dataset`, on an item's fields: a DATASET item has datasetId and datasetVersion and no dataUrl. */
export function DataSourceDataset(demand: Demand): PropertyDecorator {
  return itemFieldRule("data-source-dataset", "DATASET", demand);
}
