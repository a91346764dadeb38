export { settle } from "./aftermath.ts";
export { readCatalog } from "./catalog.ts";
export { checkClean } from "./clean.ts";
export {
  type DevDatabase,
  isDevName,
  notDev,
  openDevDatabase,
  SCRATCH_MODES,
  type ScratchMode,
} from "./dev_database.ts";
export { executeFiles, type ExecuteOptions } from "./executor.ts";
export { refuseUnfit } from "./fit.ts";
export { dropUnfinished, findInvalid } from "./index_state.ts";
export { holderOf, LOCKS, releaseLock, takeLock } from "./lock.ts";
export { Onlooker } from "./onlooker.ts";
export { PATIENCE, type Patience, pause } from "./patience.ts";
export { toRefusal } from "./refusal.ts";
export {
  createRevisions,
  deleteRevision,
  findRevisions,
  grantReading,
  readRevisions,
  type RevisionsTable,
  writeRevision,
} from "./revisions.ts";
export { ServerError, type ServerFields } from "./server_error.ts";
export { Session, type SessionOptions } from "./session.ts";
export { boundLockWaits } from "./session_state.ts";
