import { Ajv2020, type ValidateFunction } from "ajv";
import assert from "node:assert/strict";
import { type Documented, schemaPath } from "../../scripts/json_schema.ts";

/** A document as a program printed it. */
export type Document = Readonly<Record<string, unknown>>;

const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
const loaded = new Map<Documented, Promise<unknown>>();

/** Fails unless a document is as the published schema of its program says. */
export async function checkDocument(program: Documented, document: Document): Promise<void> {
  const kind = "databases" in document ? `${document["command"]}List` : document["command"];
  const name = isFailure(document) ? "failure" : kind;
  const validate = await validatorOf(program, `#/$defs/${name}`);
  assert.ok(
    validate(document),
    `${program}'s document "${name}" is not as its schema says:\n${
      JSON.stringify(validate.errors, null, 2)
    }\n${JSON.stringify(document, null, 2)}`,
  );
  assert.ok(await isValid(program, document));
}

/** Whether the published schema of a program takes a document for one of its own. */
export async function isValid(program: Documented, document: unknown): Promise<boolean> {
  return (await validatorOf(program, ""))(document) === true;
}

/** Whether a command failed before it had anything of its own to report. */
function isFailure(document: Document): boolean {
  return document["status"] === "failed" && Object.keys(document).length === 3;
}

async function validatorOf(program: Documented, pointer: string): Promise<ValidateFunction> {
  const load = loaded.get(program) ?? Deno.readTextFile(schemaPath(program)).then((text) => {
    ajv.addSchema(JSON.parse(text));
  });
  loaded.set(program, load);
  await load;
  const found = ajv.getSchema(`urn:hotpot:${program}:documents${pointer}`);
  if (found === undefined) throw new Error(`the schema of ${program} has no ${pointer}`);
  return found;
}
