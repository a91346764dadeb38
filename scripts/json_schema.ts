import { toJsonSchemaDefs } from "@valibot/to-json-schema";
import { DOCUMENTS, PARTS } from "../src/documents/mod.ts";

/** The programs that print documents. */
export type Documented = keyof typeof DOCUMENTS;

/** Where the schema of a program's documents is published. */
export function schemaPath(program: Documented): string {
  return `deploy/json-schema/${program}.schema.json`;
}

/** The JSON Schema (2020-12) of everything that a program prints with `--json`. */
export function jsonSchema(program: Documented): Readonly<Record<string, unknown>> {
  const documents = DOCUMENTS[program];
  const definitions = toJsonSchemaDefs({ ...PARTS[program], ...documents }, {
    target: "draft-2020-12",
    errorMode: "throw",
    // Of the type alone: JSON has no other.
    ignoreActions: ["readonly"],
  });
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: `urn:hotpot:${program}:documents`,
    title: `What ${program} --json prints`,
    anyOf: Object.keys(documents).map((name) => ({ $ref: `#/$defs/${name}` })),
    $defs: definitions,
  };
}
