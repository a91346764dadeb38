import assert from "node:assert/strict";
import { validateXML } from "xmllint-wasm";

/** Fails unless a text is XML, and JUnit as the schema of the tests has it. */
export async function checkJunit(text: string): Promise<void> {
  const schema = await Deno.readTextFile("tests/testdata/junit.xsd");
  const { errors, valid } = await validateXML({
    xml: [{ fileName: "junit.xml", contents: text }],
    schema: [schema],
  });
  assert.ok(valid, `${errors.map(({ message }) => message).join("\n")}\n${text}`);
}
