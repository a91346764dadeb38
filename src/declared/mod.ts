export type { Declaration } from "./declaration.ts";
export { loadEnt } from "./ent.ts";
export { findDeclarations } from "./find.ts";
export { readSqlDeclaration } from "./sql.ts";
