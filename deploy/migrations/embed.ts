import type { Folder } from "../../src/migrations/mod.ts";

export const folders: readonly Folder[] = [];
