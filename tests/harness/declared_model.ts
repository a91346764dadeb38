import fc from "fast-check";
import { type Layer, LAYERS } from "../../src/layers.ts";

/** A declared schema of all layers, small enough to compare by eye. */
export interface Model {
  readonly tables: readonly Table[];
}

interface Table {
  readonly layer: Layer;
  readonly name: string;
  readonly columns: readonly string[];
  readonly optional: boolean;
  readonly index: boolean;
  /** Another table that it refers to, below it or beside it; by its place among those possible. */
  readonly reference: number | undefined;
  /** A table whose columns hold a value of this many. */
  readonly values: number | undefined;
}

const COLUMNS: Readonly<Record<string, string>> = {
  amount: "numeric(10, 2) not null default 0",
  note: "text not null default 'it''s; a -- note'",
  seen_at: "timestamptz",
  flags: "boolean[] not null default '{}'",
  labels: "jsonb",
};

const table: fc.Arbitrary<Table> = fc.record({
  layer: fc.constantFrom(...LAYERS),
  name: fc.constantFrom("t1", "t2", "t3", "Odd name"),
  columns: fc.subarray(Object.keys(COLUMNS)),
  optional: fc.boolean(),
  index: fc.boolean(),
  reference: fc.option(fc.nat(5), { nil: undefined }),
  values: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
});

/** Any declared schema over the four layers, with references between them and enum types. */
export const models: fc.Arbitrary<Model> = fc
  .uniqueArray(table, { maxLength: 7, selector: ({ layer, name }) => `${layer}.${name}` })
  .map((tables) => ({
    tables: tables.toSorted((a, b) => LAYERS.indexOf(a.layer) - LAYERS.indexOf(b.layer)),
  }));

/** The SQL of each layer. */
export function declarationOf(model: Model): Readonly<Record<Layer, string>> {
  const texts: Record<Layer, string> = { bronze: "", bronzehistory: "", silver: "", gold: "" };
  for (const layer of LAYERS) texts[layer] = `create schema ${layer};\n`;
  const types = new Set<string>();
  for (const [index, table] of model.tables.entries()) {
    const { layer, values } = table;
    const type = `${layer}.e${values}`;
    if (values !== undefined && !types.has(type)) {
      types.add(type);
      const list = Array.from({ length: values }, (_, i) => `'v${i}'`).join(", ");
      texts[layer] += `create type ${type} as enum (${list});\n`;
    }
    texts[layer] += tableText(table, model.tables.slice(0, index));
  }
  return texts;
}

function tableText(table: Table, before: readonly Table[]): string {
  const { columns, index, layer, name, optional, reference, values } = table;
  const target = reference === undefined
    ? undefined
    : before[reference % Math.max(1, before.length)];
  const full = `${layer}."${name}"`;
  const lines = [
    "id bigint primary key",
    ...columns.map((column) => `${column} ${COLUMNS[column]}`),
    `state text${optional ? "" : " not null default 'new'"}`,
    ...(values === undefined ? [] : [`kind${values} ${layer}.e${values}`]),
    ...(target === undefined
      ? []
      : [`ref bigint references ${target.layer}."${target.name}" (id)`]),
    "check (id > 0)",
  ];
  const tail = index ? `create index "${layer} ${name} by state" on ${full} (state);\n` : "";
  return `create table ${full} (\n  ${lines.join(",\n  ")}\n);\n${tail}`;
}
