import { join } from "node:path";
import { generate, type GeneratedFile, type GenerateRequest } from "../../src/commands/generate.ts";
import type { Layer } from "../../src/layers.ts";
import { readFolders } from "../../src/directory.ts";
import { mergeLayers, type Pool } from "../../src/migrations/mod.ts";
import type { Unseen } from "../../src/unseen.ts";
import { folderOf } from "./atlas.ts";
import { createDatabase, type TestDatabase } from "./postgres.ts";
import { foldersOf } from "./run.ts";
import { tools } from "./tools.ts";

/** A checkout in a temporary folder, with a development database. */
export interface Checkout extends AsyncDisposable {
  readonly schema: string;
  readonly out: string;
  readonly db: TestDatabase;
  /** Declares a layer: `bronze`, or a file as `bronze.hcl`. */
  declare(layer: string, text: string): Promise<void>;
  /** The migrations as they are on disk, checked against their sums. */
  pool(): Promise<Pool>;
  /** Every file below the checkout with its text. */
  files(): Promise<Readonly<Record<string, string>>>;
}

/** Makes a checkout that has some migrations already. */
export async function createCheckout(
  migrations: Readonly<Record<string, string>> = {},
): Promise<Checkout> {
  const sums = foldersOf(migrations).flatMap(({ layer, sum }) =>
    sum === undefined ? [] : [[`migrations/${layer}/atlas.sum`, sum]]
  );
  const files = Object.entries(migrations).map(([path, text]) => [`migrations/${path}`, text]);
  const folder = await folderOf(Object.fromEntries([...files, ...sums]));
  const db = await createDatabase({ suffix: "_dev" });
  const schema = join(folder.path, "schema");
  await Deno.mkdir(schema);
  return {
    schema,
    out: join(folder.path, "migrations"),
    db,
    declare: (layer, text) =>
      Deno.writeTextFile(join(schema, layer.includes(".") ? layer : `${layer}.sql`), text),
    pool: async () => mergeLayers(await readFolders(join(folder.path, "migrations"))),
    files: async () =>
      Object.fromEntries([
        ...await filesBelow(join(folder.path, "migrations"), "migrations/"),
        ...await filesBelow(schema, "schema/"),
      ]),
    async [Symbol.asyncDispose]() {
      await db[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** What a run said and did. */
export interface Generation {
  readonly files: readonly GeneratedFile[];
  readonly skipped: readonly Layer[];
  readonly scratch: readonly (string | undefined)[];
  readonly unseen: Readonly<Partial<Record<Layer, readonly Unseen[]>>>;
}

/** Generates in a checkout with the real Atlas. */
export async function generateIn(
  checkout: Checkout,
  changes: Partial<GenerateRequest> = {},
): Promise<Generation> {
  const skipped: Layer[] = [];
  const scratch: (string | undefined)[] = [];
  const unseen: Partial<Record<Layer, readonly Unseen[]>> = {};
  const files = await generate({
    name: "change",
    schema: checkout.schema,
    out: checkout.out,
    database: checkout.db.database,
    scratch: "auto",
    program: { path: tools.atlas ?? "", version: "v1.2.3", edition: "community" },
    env: { PATH: Deno.env.get("PATH") ?? "" },
    signal: new AbortController().signal,
    redact: (text) => text,
    events: {
      onStep: () => {},
      onLayer: () => {},
      onSkipped: (layer) => skipped.push(layer),
      onFile: () => {},
      onScratch: (found) => scratch.push(found),
      onUnseen: (layer, items) => unseen[layer] = items,
    },
    ...changes,
  });
  return { files, skipped, scratch, unseen };
}

async function filesBelow(
  folder: string,
  prefix = "",
): Promise<readonly (readonly [string, string])[]> {
  if (!await isFolder(folder)) return [];
  const found: (readonly [string, string])[] = [];
  for await (const { isDirectory, name } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) found.push(...await filesBelow(path, `${prefix}${name}/`));
    else found.push([`${prefix}${name}`, await Deno.readTextFile(path)]);
  }
  return found.toSorted(([a], [b]) => a < b ? -1 : 1);
}

async function isFolder(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isDirectory }) => isDirectory, () => false);
}
