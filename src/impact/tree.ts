import type { RelationName } from "./catalog.ts";

/** A node of PostgreSQL's own parse tree, as the parser writes it in JSON: defaults are left out. */
export type Tree = Readonly<Record<string, unknown>>;

/** The kind of a node and what is in it: `{ "IndexStmt": { … } }`. */
export function unwrap(node: unknown): readonly [kind: string, body: Tree] {
  const [first] = isTree(node) ? Object.entries(node) : [];
  return first !== undefined && isTree(first[1]) ? [first[0], first[1]] : ["", {}];
}

/** The node behind a key; an empty one where there is none. */
export function child(tree: Tree, key: string): Tree {
  const value = tree[key];
  return isTree(value) ? value : {};
}

/** The nodes behind a key. */
export function children(tree: Tree, key: string): readonly unknown[] {
  const value = tree[key];
  return Array.isArray(value) ? value : [];
}

/** The text behind a key. */
export function text(tree: Tree, key: string): string {
  const value = tree[key];
  return typeof value === "string" ? value : "";
}

/** The relation of a `RangeVar`. */
export function relationOf(rangeVar: Tree): RelationName {
  return { schema: text(rangeVar, "schemaname") || undefined, name: text(rangeVar, "relname") };
}

/** A name of one or more parts, as a list of `String` nodes. */
export function nameOfParts(parts: readonly unknown[]): RelationName {
  const words = parts.map((part) => text(unwrap(part)[1], "sval"));
  return { schema: words.length > 1 ? words.at(-2) : undefined, name: words.at(-1) ?? "" };
}

/** Whether an option as `CONCURRENTLY` or `FULL` stands in a list of `DefElem` nodes. */
export function hasOption(options: readonly unknown[], name: string): boolean {
  return options.some((option) => {
    const [, body] = unwrap(option);
    if (text(body, "defname") !== name) return false;
    const [kind, value] = unwrap(body["arg"]);
    if (kind === "") return true;
    if (kind === "Integer") return value["ival"] !== undefined;
    if (kind === "Boolean") return value["boolval"] === true;
    return !/^(?:false|off|0|no)$/i.test(text(value, "sval"));
  });
}

/** Every node inside a node, itself included, by kind. */
export function* walk(node: unknown): Generator<readonly [kind: string, body: Tree]> {
  if (Array.isArray(node)) {
    for (const item of node) yield* walk(item);
  } else if (isTree(node)) {
    for (const [key, value] of Object.entries(node)) {
      if (isTree(value)) yield [key, value];
      yield* walk(value);
    }
  }
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
