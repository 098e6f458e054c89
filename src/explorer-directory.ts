import { fileURLToPath } from "node:url";

/** Where `npm run build` puts the explorer. The sources and the bundle are both one level below the project. */
export const BUILT_EXPLORER_DIRECTORY = fileURLToPath(new URL("../dist/explorer", import.meta.url));
