import { type Document, isAlias, isMap, isScalar, isSeq, type Node, parseDocument } from "yaml";
import type { YAMLMap } from "yaml";
import { MigrateError } from "../errors.ts";
import { placeAt } from "./excerpt.ts";
import type { Field, Section, Sections } from "./section.ts";
import { syntaxError } from "./yaml_faults.ts";

/**
 * Reads our two sections from the text of a YAML file. What the other sections hold is not looked
 * at, as long as the file is YAML. Aliases are followed only where we read, so nothing is expanded.
 *
 * @throws {MigrateError} `config_syntax` with every place where it is not.
 */
export function readYaml(
  text: string,
  source: string,
): Pick<Sections, "database" | "migrate" | "others"> {
  const document = parseDocument(text, {
    prettyErrors: false,
    // Not "silent", under which a second document is passed over.
    logLevel: "error",
    // Comparing all keys of a large map with one another takes minutes; ours are compared below.
    uniqueKeys: false,
  });
  if (document.errors.length > 0) throw syntaxError(text, { source, errors: document.errors });
  const root: unknown = document.contents;
  if (root === null) return { database: undefined, migrate: new Map(), others: [] };
  if (!isMap(root)) {
    throw new MigrateError(
      "config_syntax",
      `Cannot read the configuration: "${source}" does not hold sections`,
      {
        hint: "Write `database:` at the left margin, and its settings below it",
        next: [{ command: "migrate help configuration" }],
      },
    );
  }
  const context = { document, text, source };
  const sections = entriesOf(root, context);
  return {
    database: readSection("database", sections, context),
    migrate: readSection("migrate", sections, context) ?? new Map(),
    others: [...sections.keys()],
  };
}

interface Context {
  readonly document: Document;
  readonly text: string;
  readonly source: string;
}

/** The value of a key, and what is wrong with it wherever it is used. */
interface Entry {
  readonly node: Node | undefined;
  readonly wrong?: string;
}

function readSection(
  name: string,
  sections: ReadonlyMap<string, Entry>,
  context: Context,
): Section | undefined {
  const entry = sections.get(name);
  const node = entry?.node;
  if (entry?.wrong === undefined) {
    if (node === undefined || (isScalar(node) && node.value === null)) return undefined;
    if (isMap(node)) {
      return new Map(
        [...entriesOf(node, context)].map(([key, value]) => [key, readField(value, context)]),
      );
    }
  }
  const place = node?.range ? placeAt(context.text, node.range[0]) : undefined;
  throw new MigrateError(
    "config_syntax",
    `Cannot read the configuration: "${name}" ${entry?.wrong ?? "is not a section"}`,
    {
      details: place === undefined ? [] : [
        `${context.source}:${place.line}:${place.column}`,
        ...place.excerpt.map((line) => `  ${line}`),
      ],
      hint: entry?.wrong === undefined
        ? `Write its settings below \`${name}:\`, indented`
        : "Correct the file at that place",
    },
  );
}

/** The keys of a map and what is merged into it, where what stands in the map itself wins. */
function entriesOf(
  map: YAMLMap,
  context: Context,
  done: Map<YAMLMap, ReadonlyMap<string, Entry>> = new Map(),
): ReadonlyMap<string, Entry> {
  const known = done.get(map);
  if (known !== undefined) return known;
  // A map that merges itself finds itself empty.
  done.set(map, new Map());
  const own = new Map<string, Entry>();
  const merged = new Map<string, Entry>();
  for (const { key, value } of map.items) {
    const name = isScalar(key) ? String(key.value) : String(key);
    const entry = follow(value, context);
    const sources = name === "<<" ? mergeSources(entry.node, context) : undefined;
    if (sources === undefined) {
      own.set(name, own.has(name) ? { ...entry, wrong: "stands here a second time" } : entry);
    }
    for (const from of sources ?? []) {
      for (const [inherited, field] of entriesOf(from, context, done)) {
        // Of several sources the first one wins.
        if (!merged.has(inherited)) merged.set(inherited, field);
      }
    }
  }
  const entries = new Map([...merged, ...own]);
  done.set(map, entries);
  return entries;
}

function mergeSources(node: Node | undefined, context: Context): readonly YAMLMap[] | undefined {
  if (isMap(node)) return [node];
  if (!isSeq(node)) return undefined;
  const sources = node.items.map((item) => follow(item, context).node);
  return sources.every((source) => isMap(source)) ? sources : undefined;
}

function follow(value: unknown, { document }: Context): Entry {
  if (!isAlias(value)) return { node: value === null ? undefined : value as Node };
  const node = value.resolve(document);
  return node === undefined
    ? {
      node: value,
      wrong: "names an anchor that is not there; put a value that begins with * in quotes",
    }
    : { node };
}

function readField({ node, wrong }: Entry, context: Context): Field {
  if (node === undefined) return { text: "" };
  const place = node.range ? { place: placeAt(context.text, node.range[0]) } : {};
  const fault = wrong ?? faultOf(node);
  if (isSeq(node) && wrong === undefined) {
    const items = node.items.map((item) => readField(follow(item, context), context));
    return { text: "", wrong: faultOf(node) ?? "", items, ...place };
  }
  if (fault !== undefined || !isScalar(node)) return { text: "", wrong: fault ?? "", ...place };
  if (node.value === null) return { text: "", ...place };
  // A number is taken as it was written: 0123 is a password.
  return {
    text: node.type === "PLAIN" ? node.source ?? String(node.value) : String(node.value),
    ...place,
  };
}

function faultOf(node: Node): string | undefined {
  if (!isScalar(node)) return "is not a single value";
  if (
    node.tag !== undefined && !/^tag:yaml\.org,2002:(?:str|int|float|bool|null)$/.test(node.tag)
  ) {
    return "has a tag that means nothing here; put a value that begins with ! in quotes";
  }
  if (node.anchor !== undefined && node.source === "") {
    return "is an anchor without a value; put a value that begins with & in quotes";
  }
  return undefined;
}
