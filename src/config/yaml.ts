import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLMap,
} from "yaml";
import { MigrateError } from "../errors.ts";
import { excerpt, position } from "../migrations/mod.ts";
import type { SourcePlace } from "./faults.ts";
import type { Field, Section } from "./section.ts";

/**
 * Reads our two sections from the text of a YAML file. What the other sections hold is not looked
 * at, as long as the file is YAML.
 *
 * @throws {MigrateError} `config_syntax` with every place where it is not; `dsn_not_configured`
 * when there is no section `database`.
 */
export function readYaml(
  text: string,
  source: string,
): { readonly database: Section | undefined; readonly migrate: Section } {
  const document = parseDocument(text, {
    lineCounter: new LineCounter(),
    prettyErrors: false,
    logLevel: "silent",
  });
  if (document.errors.length > 0) throw syntaxError(text, { source, errors: document.errors });
  const root: unknown = document.contents;
  if (root !== null && !isMap(root)) {
    throw new MigrateError(
      "config_syntax",
      `Cannot read the configuration: "${source}" does not hold sections`,
      { hint: "Write `database:` at the left margin, and its settings below it" },
    );
  }
  const section = (name: string) =>
    isMap(root) ? readSection(root, { name, document, text, source }) : undefined;
  return { database: section("database"), migrate: section("migrate") ?? new Map() };
}

interface Context {
  readonly name: string;
  readonly document: Document;
  readonly text: string;
  readonly source: string;
}

function readSection(root: YAMLMap, context: Context): Section | undefined {
  const node = resolve(root.get(context.name, true), context);
  if (node === undefined || (isScalar(node) && node.value === null)) return undefined;
  if (!isMap(node)) {
    const place = placeOf(node, context);
    throw new MigrateError(
      "config_syntax",
      `Cannot read the configuration: "${context.name}" is not a section`,
      {
        details: place === undefined
          ? []
          : [`${context.source}:${place.line}:${place.column}`, ...place.excerpt],
        hint: `Write its settings below \`${context.name}:\`, indented`,
      },
    );
  }
  return readFields(node, context);
}

function readFields(map: YAMLMap, context: Context): Section {
  const fields = new Map<string, Field>();
  const own = new Map<string, Field>();
  for (const { key, value } of map.items) {
    const name = isScalar(key) ? String(key.value) : String(key);
    const node = resolve(value, context);
    if (name === "<<" && isMap(node)) {
      for (const [inherited, field] of readFields(node, context)) fields.set(inherited, field);
    } else {
      const field = readField(node, { ...context, secret: /password|key|token/i.test(name) });
      if (field !== undefined) own.set(name, field);
    }
  }
  // What stands in the section itself wins over what is merged into it.
  for (const [name, field] of own) fields.set(name, field);
  return fields;
}

function readField(
  node: Node | undefined,
  context: Context & { readonly secret: boolean },
): Field | undefined {
  if (node === undefined) return undefined;
  const place = placeOf(node, context);
  const placed = place === undefined ? {} : { place };
  if (!isScalar(node)) return { text: "", wrong: "is not a single value", ...placed };
  if (node.value === null) return undefined;
  const text = node.type === "PLAIN" ? node.source ?? String(node.value) : String(node.value);
  return { text, ...placed };
}

function resolve(value: unknown, { document }: Context): Node | undefined {
  if (isAlias(value)) return value.resolve(document);
  return isMap(value) || isScalar(value) || (typeof value === "object" && value !== null)
    ? value as Node
    : undefined;
}

function placeOf(node: Node, { text }: Context): SourcePlace | undefined {
  if (!node.range) return undefined;
  const place = position(text, node.range[0]);
  return { ...place, excerpt: maskedExcerpt(text, place) };
}

/** The excerpt of a place; of a line that may hold a secret only its key. */
function maskedExcerpt(
  text: string,
  place: { readonly line: number; readonly column: number },
): readonly string[] {
  const lines = excerpt(text, place);
  const secret = /pass|secret|token|key|credential|dsn|url/i.test(lines[0] ?? "");
  return secret ? [(lines[0] ?? "").replace(/:.*$/, ": ****")] : lines;
}

function syntaxError(
  text: string,
  options: {
    readonly source: string;
    readonly errors: readonly {
      readonly message: string;
      readonly pos: readonly [number, number];
    }[];
  },
): MigrateError {
  const { errors, source } = options;
  const places = errors.map((error) => ({
    message: error.message.split("\n")[0] ?? "",
    ...position(text, error.pos[0]),
  }));
  return new MigrateError(
    "config_syntax",
    `Cannot read the configuration: "${source}" is not YAML`,
    {
      details: places.flatMap((place) => [
        `${source}:${place.line}:${place.column}: ${place.message}`,
        ...maskedExcerpt(text, place).map((line) => `  ${line}`),
      ]),
      hint: "Correct the file at that place; values with special characters need quotes",
      data: { source, faults: places },
    },
  );
}
