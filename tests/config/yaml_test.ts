import assert from "node:assert/strict";
import { readYaml } from "../../src/config/yaml.ts";
import { refusalOf } from "../harness/settings.ts";

/** The texts of the section `database` of a configuration. */
function read(text: string): Readonly<Record<string, string>> {
  const { database } = readYaml(text, "config.yaml");
  return Object.fromEntries([...database ?? []].map(([key, field]) => [key, field.text]));
}

function refused(text: string) {
  const loading = new Promise((resolve) => resolve(readYaml(text, "config.yaml")));
  return refusalOf(loading, "config_syntax");
}

const READ: readonly (readonly [string, string, Readonly<Record<string, string>>])[] = [
  ["a flow map", "database: { host: a, port: 1 }", { host: "a", port: "1" }],
  ["JSON", '{"database": {"host": "a", "port": 1}}', { host: "a", port: "1" }],
  ["quoted keys", `'database':\n  "host": a\n`, { host: "a" }],
  ["Windows line ends", "database:\r\n  host: a\r\n  port: 1\r\n", { host: "a", port: "1" }],
  ["a document's marks", "%YAML 1.2\n---\ndatabase:\n  host: a\n...\n", { host: "a" }],
  ["an alias of a value", "x: &h a\ndatabase:\n  host: *h\n", { host: "a" }],
  ["an alias of the section", "x: &d { host: a }\ndatabase: *d\n", { host: "a" }],
  [
    "a merge key, over which the section itself wins",
    "x: &d { host: a, port: 1, role: r }\ndatabase:\n  <<: *d\n  host: b\n  role:\n",
    { host: "b", port: "1", role: "" },
  ],
  [
    "several merged maps, of which the first wins",
    "x: &x { host: a }\ny: &y { host: b, port: 2 }\ndatabase:\n  <<: [*x, *y]\n",
    { host: "a", port: "2" },
  ],
  ["a section that is merged in", "x: &x { database: { host: a } }\n<<: *x\n", { host: "a" }],
  ["a map that merges itself", "database: &d\n  <<: *d\n  host: a\n", { host: "a" }],
  ["folded and literal texts", "database:\n  host: >-\n    a\n    b\n", { host: "a b" }],
  ["whatever others write", "x: !vault [1, *nobody]\nx: {}\ndatabase: { host: a }", { host: "a" }],
];

for (const [name, text, expected] of READ) {
  Deno.test(`readYaml() reads ${name}`, () => assert.deepEqual(read(text), expected));
}

Deno.test("readYaml() does not expand what would not end", () => {
  const levels = Array.from({ length: 40 }, (_, level) => {
    const below = level === 0 ? "{ host: a }" : `{ <<: [${`*l${level - 1}, `.repeat(9)}] }`;
    return `l${level}: &l${level} ${below}\n`;
  });
  assert.deepEqual(read(`${levels.join("")}database: *l39\n`), { host: "a" });
  const lists = levels.join("").replaceAll("<<: ", "x: ");
  assert.deepEqual(read(`${lists}database:\n  host: a\n`), { host: "a" });
});

Deno.test("readYaml() reads a large map of others", () => {
  const keys = Array.from({ length: 20_000 }, (_, number) => `  key${number}: 1\n`).join("");
  assert.deepEqual(read(`x:\n${keys}database: { host: a }\n`), { host: "a" });
});

const REFUSED: readonly (readonly [string, string, RegExp])[] = [
  ["a tab", "database:\n\thost: a\n", /config\.yaml:2:1: a tab in the indentation; use spaces/],
  ["a second colon", "database:\n  host: a: b\n", /config\.yaml:2:9: a second `: ` on the line/],
  [
    "an open quote",
    'database:\n  host: "a\n',
    /config\.yaml:\d+:\d+: a quote, a bracket or a colon/,
  ],
  ["an open bracket", "database:\n  host: [a\n", /config\.yaml:3:1: the indentation ends/],
  ["an unknown escape", 'database:\n  user: "a\\q"\n', /config\.yaml:2:11: an unknown escape/],
  ["a reserved character", "database:\n  user: @a\n", /config\.yaml:2:9: a value begins with/],
  ["a nameless alias", "database:\n  user: *\n", /config\.yaml:2:9: a `\*` or `&` without a name/],
  ["a key without a colon", "database:\n  host a\n  user: b\n", /config\.yaml:2:3: a key must end/],
  ["a second document", "a: 1\n---\ndatabase: {}\n", /config\.yaml:\d:1: a second document begins/],
  ["a nest without end", `x: ${"[".repeat(20_000)}`, /config\.yaml:1:\d+: it is nested too deeply/],
  ["a list in place of the section", "database: []\n", /config\.yaml:1:11/],
  ["a text in place of the section", "database: postgres://u:planted@h/d\n", /database: \*\*\*\*/],
  ["a missing anchor", "database: *planted\n", /config\.yaml:1:11/],
  ["the section twice", "database: { host: a }\ndatabase: { host: b }\n", /config\.yaml:2:11/],
];

for (const [name, text, detail] of REFUSED) {
  Deno.test(`readYaml() refuses ${name}, and says where`, async () => {
    const error = await refused(text);
    assert.match(error.details.join("\n"), detail);
    assert.ok(error.details.length <= 40);
    assert.doesNotMatch(JSON.stringify([error.message, error.details, error.data]), /planted/);
  });
}

Deno.test("readYaml() shows the line of a fault when it can hold no secret", async () => {
  const error = await refused("redis: {}\ndatabase:\n  host: local: host\n");
  assert.deepEqual(error.details.slice(1, 3), [
    "  3 |   host: local: host",
    "    |         ^",
  ]);
});

Deno.test("readYaml() shows nothing of the sections of others", async () => {
  for (const line of ["  client: planted: x", "  - planted: [", '  url: "planted\\q"']) {
    const error = await refused(`redis:\n${line}\ndatabase: { host: a }\n`);
    assert.doesNotMatch(JSON.stringify([error.details, error.data]), /planted/);
    assert.match(error.details[1] ?? "", /\*\*\*\*$/);
  }
});

for (const text of ["- a\n", "text\n", "5\n"]) {
  Deno.test(`readYaml() refuses ${JSON.stringify(text)}, which holds no sections`, async () => {
    assert.match((await refused(text)).message, /"config\.yaml" does not hold sections/);
  });
}

Deno.test("readYaml() takes a key that stands twice as a fault of that key", () => {
  const { database } = readYaml("database:\n  port: 1\n  port: 2\n", "config.yaml");
  const port = database?.get("port");
  assert.equal(port?.wrong, "stands here a second time");
  assert.deepEqual([port?.place?.line, port?.place?.column], [3, 9]);
});
