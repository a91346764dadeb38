export type {
  Catalog,
  ColumnFacts,
  ConstraintFacts,
  RelationFacts,
  RelationName,
} from "./catalog.ts";
export { writtenName } from "./catalog.ts";
export {
  type Certainty,
  type Effect,
  effectOf,
  type Finding,
  type Lock,
  LOCK_MODES,
  type LockMode,
  type RuleCode,
  RULES,
} from "./finding.ts";
export { Judge } from "./judge.ts";
export { NameSet, type NamesIn, namesIn } from "./names.ts";
