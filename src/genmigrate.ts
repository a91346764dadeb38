import { mainOfGenmigrate } from "./cli/mod.ts";
import { enter } from "./entry.ts";

if (import.meta.main) await enter(mainOfGenmigrate);
