export { applyThroughAtlas, type AtlasApplyOptions } from "./apply.ts";
export { Atlas, type AtlasResult } from "./atlas.ts";
export { inspectState, writeDifference } from "./compare.ts";
export { AtlasFolder, findOrphans } from "./folder.ts";
export { applyConfig, ENVIRONMENT, folderUrl, quote } from "./hcl.ts";
export {
  atlasMissing,
  type AtlasProgram,
  findAtlas,
  isTested,
  TESTED_VERSIONS,
} from "./program.ts";
