import assert from "node:assert/strict";
import { licences, PARTS } from "../../scripts/release/licences.ts";
import { sbom } from "../../scripts/release/sbom.ts";
import { folderOf } from "../harness/atlas.ts";
import { toolTest } from "../harness/tools.ts";

const STAMP = { commit: "0123456789abcdef", epoch: 1_700_000_000 };
const PACKAGE = {
  name: "@scope/name",
  version: "1.2.3",
  integrity: `sha512-${btoa("x".repeat(64))}`,
  licence: "MIT",
  licenceText: undefined,
};

const VALIDATE = `import sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(sys.stdin.read())
if fault: sys.exit(str(fault))
`;

toolTest("cyclonedx", "sbom() is what CycloneDX's own schema allows", async (python) => {
  const terms = ["MIT", "(MIT OR Apache-2.0)", "NOASSERTION", "SEE LICENSE IN LICENSE.md"];
  const packages = terms.map((licence, index) => ({
    ...PACKAGE,
    licence,
    name: index === 0 ? "libpg-query" : `${PACKAGE.name}${index}`,
  }));
  const text = sbom(packages, { deno: "2.9.6", stamp: STAMP });
  await using folder = await folderOf({ "validate.py": VALIDATE, "bom.json": text });
  const judge = async (bom: string) => {
    const child = new Deno.Command(python, {
      args: [`${folder.path}/validate.py`],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const output = child.output();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(bom));
    await writer.close();
    const { code, stderr } = await output;
    return { code, err: new TextDecoder().decode(stderr) };
  };
  assert.deepEqual(await judge(text), { code: 0, err: "" });
  assert.notEqual((await judge(text.replace('"library"', '"nonsense"'))).code, 0);
});

Deno.test("sbom() names every package with its digest and its licence", () => {
  const { components, dependencies } = JSON.parse(sbom([PACKAGE], { deno: "2.9.6", stamp: STAMP }));
  const [deno, v8, found] = components;
  assert.equal(v8.name, "V8");
  assert.equal(deno.purl, "pkg:github/denoland/deno@v2.9.6");
  assert.equal(found.purl, "pkg:npm/%40scope/name@1.2.3");
  assert.equal(found.hashes[0].content, "78".repeat(64));
  assert.deepEqual(dependencies[0].dependsOn, ["deno@2.9.6", "@scope/name@1.2.3"]);
  assert.deepEqual(dependencies[1], { ref: "deno@2.9.6", dependsOn: ["V8"] });
});

Deno.test("licences() has the words of those whose work is inside a package", () => {
  const text = licences([{ ...PACKAGE, name: "libpg-query" }], "2.9.6");
  for (const { copyright, name } of PARTS) {
    assert.ok(text.includes(`\n${name}, in `) && text.includes(copyright), name);
  }
  assert.doesNotMatch(licences([PACKAGE], "2.9.6"), /PostgreSQL/);
});
