export {
  countHidden,
  countRoom,
  findIdleSlots,
  findOldTransactions,
  type OpenTransaction,
  sizeOf,
} from "./activity.ts";
export { settle } from "./aftermath.ts";
export { checkClean } from "./clean.ts";
export { type Address, type ConnectReason, reasonOf } from "./connect_error.ts";
export {
  type DevDatabase,
  isDevName,
  notDev,
  openDevDatabase,
  SCRATCH_MODES,
  type ScratchMode,
} from "./dev_database.ts";
export { executeFiles, type ExecuteOptions } from "./executor.ts";
export { movesBetweenTransactions, refuseUnfit } from "./fit.ts";
export { FILE_BEGINS } from "./guard.ts";
export { dropUnfinished, findInvalid } from "./index_state.ts";
export { Onlooker } from "./onlooker.ts";
export {
  findHolder,
  LOCKS,
  releaseLock,
  runnerOf,
  takeLock,
  type TakenLocks,
  tryRunLocks,
} from "./lock.ts";
export { PATIENCE, type Patience, pause } from "./patience.ts";
export { literal } from "./quote.ts";
export { addressesOf, type Handshake, reach, shakeHands } from "./reach.ts";
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
export { findForeignOwners, findMissingRights } from "./rights.ts";
export { ServerError, type ServerFields } from "./server_error.ts";
export { Session, type SessionOptions } from "./session.ts";
export { readSnapshot, type Snapshot, snapshotCommands, takeSnapshot } from "./snapshot.ts";
export { boundLockWaits } from "./session_state.ts";
export type { TlsPlan } from "./socket.ts";
export { planTls } from "./tls.ts";
export { within } from "./watch.ts";
