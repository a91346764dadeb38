import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { applyConfig, folderUrl, quote } from "../../src/atlas/hcl.ts";
import { computeSums, formatSums } from "../../src/migrations/mod.ts";
import { atlas, atlasWith, folderOf } from "../harness/atlas.ts";
import { createDatabase } from "../harness/postgres.ts";
import { toolTest } from "../harness/tools.ts";
import { toPostgresUrl } from "../../src/dsn.ts";

Deno.test("quote() escapes what HCL reads as more than text", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["", '""'],
    ["plain é 😀 '", '"plain é 😀 \'"'],
    ['a"b', '"a\\"b"'],
    ["a\\nb", '"a\\\\nb"'],
    ["${x} %{y}", '"$${x} %%{y}"'],
    ["$${x} $$ %% $x {", '"$$${x} $$ %% $x {"'],
    ["a\nb\t\b\f\x7f\x85", '"a\\u000ab\\u0009\\u0008\\u000c\\u007f\\u0085"'],
  ];
  for (const [text, quoted] of cases) assert.equal(quote(text), quoted);
});

toolTest("atlas", "quote() gives the real Atlas any text to the letter", async () => {
  await using db = await createDatabase();
  await using folder = await folderOf({ "atlas.sum": formatSums(computeSums([])) });
  const piece = fc.oneof(
    fc.constantFrom('"', "\\", "${", "%{", "$", "%", "{", "}", "\n", "\r", "\t", "\b", "\u2028"),
    fc.constantFrom("~}", "$${", "\\u0041", "'", "\x7f", "\x85", "<<EOT\n", "#", "//", "/*"),
    fc.string({ unit: "grapheme-composite", minLength: 1, maxLength: 1 }),
  );
  // A format that is not a template is printed as it is.
  const text = fc.sample(fc.array(piece, { maxLength: 12 }), { numRuns: 500, seed: 1 })
    .map((parts) => parts.join("")).join("\u2603").replaceAll(/\{+/g, "{").normalize("NFC");
  const config = `env "x" {
    url = ${quote(toPostgresUrl(db.database))}
    migration {
      dir = ${quote(folderUrl(folder.path))}
    }
    format {
      migrate {
        status = ${quote(text)}
      }
    }
  }`;
  const run = await atlasWith(["migrate", "status"], config);
  assert.equal(run.code, 0, run.stderr);
  assert.equal(run.stdout, text);
});

Deno.test("folderUrl() encodes what a URL would misread", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["/tmp/a", "file:///tmp/a"],
    ["/tmp/a b/c%20d", "file:///tmp/a%20b/c%2520d"],
    ["/tmp/?#&é", "file:///tmp/%3F%23%26%C3%A9"],
    ["C:\\Users\\A B\\x", "file://C:/Users/A%20B/x"],
    ["C:/x", "file://C:/x"],
    ["\\\\server\\share\\x", "file:////server/share/x"],
  ];
  for (const [folder, url] of cases) assert.equal(folderUrl(folder), url);
});

Deno.test(
  "folderUrl() is read back as the same folder",
  { ignore: Deno.build.os === "windows" },
  () => {
    const name = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) =>
      !/[\0/\\]/.test(text) && text !== "." && text !== ".."
    );
    fc.assert(fc.property(fc.array(name, { minLength: 1 }), (names) => {
      const folder = `/${names.join("/")}`;
      assert.equal(fileURLToPath(folderUrl(folder)), folder);
    }));
  },
);

toolTest("atlas", "folderUrl() leads the real Atlas to the folder", async () => {
  const file = { name: "0001_a.sql", text: "select 1;\n" };
  const names = ["a b", "c%20d", "é漢😀", "%{x}${y}", "q?a=1#f&;+", "'\"!*()~"];
  await using folder = await folderOf(
    Object.fromEntries(names.flatMap((name) => [
      [`${name}/${file.name}`, file.text],
      [`${name}/atlas.sum`, formatSums(computeSums([file]))],
    ])),
  );
  for (const name of names) {
    const run = await atlas(["migrate", "validate", "--dir", folderUrl(join(folder.path, name))]);
    assert.equal(run.code, 0, `${name}: ${run.stderr}`);
  }
});

Deno.test("applyConfig() quotes every value", () => {
  const nasty = '"${x}';
  const config = applyConfig({
    url: nasty,
    folder: `/${nasty}`,
    revisionsSchema: nasty,
    lockTimeoutMs: 1500,
  });
  assert.equal(
    config,
    `env "hotpot" {
  url = "\\"$\${x}"
  migration {
    dir = "file:///%22%24%7Bx%7D"
    revisions_schema = "\\"$\${x}"
    lock_timeout = "1500ms"
  }
}
`,
  );
});
