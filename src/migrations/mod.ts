export { compareHistory, type Comparison, refuseChanged } from "./changed.ts";
export { commandsIn, firstWords } from "./commands.ts";
export {
  type ConcurrentIndex,
  concurrentIndex,
  concurrentlyDropped,
  isConcurrent,
} from "./concurrent.ts";
export { columnsOf, printable } from "./display.ts";
export { type Directives, isSumIgnored, readDirectives } from "./directives.ts";
export { embedModule } from "./embed_module.ts";
export { checkText, findFault } from "./encoding.ts";
export { compareBytes, parseName } from "./name.ts";
export { resolveSteps } from "./order_faults.ts";
export { LineCounter, lookUp, type Place } from "./place.ts";
export {
  EXEC_ORDERS,
  type ExecOrder,
  type Plan,
  planApply,
  type PlannedFile,
  type PlanOptions,
} from "./plan.ts";
export {
  type Folder,
  mergeLayers,
  type Migration,
  type PlainFolder,
  plainPool,
  type Pool,
  sealedPool,
  sumIgnored,
  trustedPool,
} from "./pool.ts";
export { goesWithItsRow } from "./recorded.ts";
export { checkResume } from "./resume.ts";
export {
  baselineRow,
  isPartial,
  kindOf,
  resolvedRow,
  type Revision,
  REVISION_TYPE,
} from "./revision.ts";
export type { Statement } from "./scanner.ts";
export { splitStatements, Statements } from "./statements.ts";
export { type FileState, layerOf, type State, STATES, statesOf } from "./state.ts";
export { StatementHasher, statementHashes } from "./statement_hashes.ts";
export { computeSums, formatSums, type SourceFile, type Sums, verifySums } from "./sums.ts";
export { Traits } from "./traits.ts";
export { TX_MODES, type TxMode, txModeOf } from "./tx_mode.ts";
