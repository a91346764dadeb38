import fc from "fast-check";
import { LAYERS } from "../../src/layers.ts";
import { MigrateError } from "../../src/errors.ts";
import { atlas, folderOf } from "./atlas.ts";
import { contentOf, revisionsOf } from "./history.ts";
import { createDatabase, type TestDatabase } from "./postgres.ts";
import { applyPool, foldersOf, poolOf, type TestEngine, testEngines } from "./run.ts";

/** Files by their paths, numbered over all layers. */
export type Files = Readonly<Record<string, string>>;

/** One run of a history: how many files are there by then, how many of them to apply, and by whom. */
export interface Run {
  readonly known: number;
  readonly amount: number | undefined;
  readonly engine: TestEngine;
}

const layer = fc.constantFrom(...LAYERS);
const kind = fc.constantFrom("table", "column", "view", "function", "index", "data", "empty");

/** Any layered files in which each may build on those with lower numbers, in its layer or another. */
export const layeredFiles: fc.Arbitrary<Files> = fc
  .array(fc.record({ layer, kind, on: fc.nat(), open: fc.boolean() }), {
    minLength: 2,
    maxLength: 8,
  })
  .map((items) => {
    const tables: string[] = [];
    return Object.fromEntries(items.map((item, index) => {
      const number = String(index + 1).padStart(4, "0");
      const table = tables[item.on % Math.max(1, tables.length)];
      const made = `${item.layer}.t${number}`;
      const text = table === undefined || item.kind === "table"
        ? `create schema if not exists ${item.layer};\ncreate table ${made} (id int, note text default 'a;b');\n`
        : bodyOf(item.kind, { table, number, layer: item.layer });
      if (table === undefined || item.kind === "table") tables.push(made);
      // An index that is built concurrently needs it, and the others may have it.
      const none = item.open || text.includes("concurrently");
      return [
        `${item.layer}/${number}_${item.kind}.sql`,
        none ? `-- atlas:txmode none\n\n${text}` : text,
      ];
    }));
  });

function bodyOf(
  kind: string,
  { layer, number, table }: {
    readonly table: string;
    readonly number: string;
    readonly layer: string;
  },
): string {
  switch (kind) {
    case "column":
      return `alter table ${table} add column c${number} int not null default ${number};\n`;
    case "view":
      return `create schema if not exists ${layer};\ncreate view ${layer}.v${number} as select id from ${table};\n`;
    case "function":
      return `create schema if not exists ${layer};\ncreate function ${layer}.f${number}() returns bigint language sql as $body$\n  select count(*) from ${table}; -- ;\n$body$;\n`;
    case "index":
      return `create index concurrently i${number} on ${table} (id);\n`;
    case "data":
      return `insert into ${table} (id) values (${number});\n`;
    default:
      return "-- nothing yet\n";
  }
}

/** Any way to come to the end of `files`, in several runs by either engine. */
export function runsOver(files: Files): fc.Arbitrary<readonly Run[]> {
  const total = Object.keys(files).length;
  return fc.array(
    fc.record({
      known: fc.integer({ min: 1, max: total }),
      amount: fc.option(fc.integer({ min: 1, max: total }), { nil: undefined }),
      engine: fc.constantFrom(...testEngines),
    }),
    { maxLength: 4 },
  ).chain((runs) =>
    fc.constantFrom(...testEngines).map((engine): readonly Run[] => [
      ...runs.toSorted((a, b) => a.known - b.known),
      { known: total, amount: undefined, engine },
    ])
  );
}

/** The first `count` of some files. */
export function firstOf(files: Files, count: number): Files {
  return Object.fromEntries(Object.entries(files).slice(0, count));
}

/** What a database holds after a history: its objects, its rows of data, and its revisions. */
export async function stateOf(db: TestDatabase): Promise<unknown> {
  const tables = await db.sql(
    "select oid::regclass::text as name from pg_class where relkind = 'r' and relname ~ '^t[0-9]+$' order by 1",
  );
  const data = await Promise.all(
    tables.map(async (
      { name },
    ) => [name, (await db.sql(`select count(*) as n from ${name}`))[0]?.["n"]]),
  );
  return { content: await contentOf(db), data };
}

/** Runs a history on an empty database; each run must end well. */
export async function follow(files: Files, runs: readonly Run[]): Promise<unknown> {
  await using db = await createDatabase();
  for (const { amount, engine, known } of runs) {
    const report = await applyPool(db.database, poolOf(firstOf(files, known)), {
      use: engine,
      amount,
    });
    if (report.error !== undefined) throw report.error;
  }
  return { state: await stateOf(db), revisions: await revisionsOf(db) };
}

/**
 * Lets the real Atlas migrate the layers one after the other, each from its own folder, as far as it
 * can, for each of the given numbers of known files; then `migrate` goes on. Returns the state, or
 * `out_of_order` when it was refused.
 */
export async function followLayers(
  files: Files,
  options: { readonly known: readonly number[]; readonly engine: TestEngine },
): Promise<unknown> {
  await using db = await createDatabase();
  for (const known of options.known) {
    for (const { files: own, sum } of foldersOf(firstOf(files, known))) {
      if (own.length === 0) continue;
      await using folder = await folderOf({
        ...Object.fromEntries(own.map(({ name, text }) => [name, text])),
        "atlas.sum": sum ?? "",
      });
      const clean = (await revisionsOf(db)).length > 0 ? [] : ["--allow-dirty"];
      // Whether Atlas ends well is its own affair: it refuses some of these, and we go on from there.
      await atlas(["migrate", "apply", ...clean, "--dir", `file://${folder.path}`], {
        database: db.database,
      });
    }
  }
  try {
    const report = await applyPool(db.database, poolOf(files), { use: options.engine });
    if (report.error !== undefined) throw report.error;
  } catch (error) {
    if (error instanceof MigrateError && error.code === "out_of_order") return "out_of_order";
    throw error;
  }
  return await stateOf(db);
}
