import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };

export const REPOSITORY = join(import.meta.dirname, "..", "..");
export const DIST = join(REPOSITORY, "dist");

/** Arguments of node, as `npm start` has them, which start what is in `dist/`. */
export const START = manifest.scripts.start.split(" ").slice(1);
