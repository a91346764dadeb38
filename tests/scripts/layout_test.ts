import assert from "node:assert/strict";
import { layoutFaults } from "../../scripts/layout.ts";

const GOOD: Readonly<Record<string, string>> = {
  "src/errors.ts": "export class MigrateError {}\n",
  "src/layers.ts": 'import { MigrateError } from "./errors.ts";\n',
  "src/dsn.ts":
    'import { MigrateError } from "./errors.ts";\n// Deno.env is not read, nor awaited\n',
  "src/failure.ts": 'import { excerpt } from "./migrations/mod.ts";\n',
  "src/migrations/mod.ts": 'export * from "./place.ts";\n',
  "src/migrations/place.ts": 'import { encode } from "../dsn.ts";\n',
  "src/directory.ts":
    'import { checkText } from "./migrations/mod.ts";\nawait Deno.readFile("x");\n',
  "src/atlas/mod.ts": 'export * from "./hcl.ts";\n',
  "src/atlas/hcl.ts": "",
  "src/atlas/folder.ts": 'import { x } from "../owned_folder.ts";\n',
  "src/owned_folder.ts": "",
  "src/postgres/mod.ts": 'import "./wire.ts";\n',
  "src/postgres/wire.ts": 'import { MigrateError } from "../errors.ts";\n',
  "src/config/mod.ts": 'import { read } from "./vault/mod.ts";\n',
  "src/config/faults.ts": "",
  "src/config/vault/mod.ts": 'import { Fault } from "../faults.ts";\nimport "./client.ts";\n',
  "src/config/vault/client.ts": "",
  "deploy/migrations/embed.ts": 'import t from "./bronze/0001_a.sql" with { type: "text" };\n',
  "src/commands/apply.ts":
    'import { x } from "../atlas/mod.ts";\nimport { folders } from "../../deploy/migrations/embed.ts";\n',
  "src/cli/mod.ts": 'import { apply } from "../commands/apply.ts";\n',
  "src/cli/style.ts": 'import type { ErrorPart } from "../documents/mod.ts";\n',
  "src/documents/mod.ts": 'import { ErrorData } from "../error_data.ts";\n',
  "src/error_data.ts": "",
  "src/version.ts": 'import manifest from "../deno.json" with { type: "json" };\n',
  "src/entry.ts": "Deno.exit(Deno.args.length);\n",
  "src/migrate.ts": 'import { enter } from "./entry.ts";\nimport { main } from "./cli/mod.ts";\n',
};

/** The faults after lines were added to files. */
function planted(additions: Readonly<Record<string, string>>): readonly string[] {
  const files = { ...GOOD };
  for (const [file, line] of Object.entries(additions)) {
    files[file] = `${files[file] ?? ""}${line}\n`;
  }
  return layoutFaults(new Map(Object.entries(files)));
}

Deno.test("layoutFaults() finds nothing in a house that is in order", () => {
  assert.deepEqual(planted({}), []);
});

const FAULTS: readonly (readonly [string, string, string, RegExp])[] = [
  ["a file on no floor", "src/utils.ts", "", /stands on no floor/],
  ["a folder on no floor", "src/helpers/x.ts", "", /stands on no floor/],
  ["the ground importing the first floor", "src/errors.ts", 'import "./dsn.ts";', /not below/],
  [
    "the ground importing a shell",
    "src/errors.ts",
    'import { x } from "./cli/mod.ts";',
    /not below/,
  ],
  [
    "a shell that loads schemas",
    "src/cli/mod.ts",
    'import { DOCUMENTS } from "../documents/mod.ts";',
    /no start may wait/,
  ],
  [
    "a pure file importing an edge",
    "src/dsn.ts",
    'import { x } from "./directory.ts";',
    /not below/,
  ],
  [
    "a pure folder importing an edge",
    "src/migrations/place.ts",
    'import { x } from "../owned_folder.ts";',
    /not below/,
  ],
  [
    "an edge importing another",
    "src/atlas/folder.ts",
    'import { x } from "../postgres/mod.ts";',
    /not below/,
  ],
  [
    "an edge importing a use case",
    "src/postgres/wire.ts",
    'import type { x } from "../commands/apply.ts";',
    /not below/,
  ],
  [
    "a use case importing the shell",
    "src/commands/apply.ts",
    'import "../cli/mod.ts";',
    /not below/,
  ],
  ["an export from above", "src/layers.ts", 'export * from "./report.ts";', /not below/],
  ["a late import from above", "src/layers.ts", 'const x = import("./report.ts");', /not below/],
  [
    "an import past a door",
    "src/commands/apply.ts",
    'import { x } from "../atlas/folder.ts";',
    /enters src\/atlas past its door/,
  ],
  [
    "an entry past the shell's door",
    "src/migrate.ts",
    'import { x } from "./cli/style.ts";',
    /enters src\/cli past its door/,
  ],
  [
    "an import past an inner door",
    "src/config/faults.ts",
    'import { x } from "./vault/client.ts";',
    /enters src\/config\/vault past its door/,
  ],
  [
    "an inner door entered from outside",
    "src/commands/apply.ts",
    'import { x } from "../config/vault/mod.ts";',
    /enters src\/config past its door/,
  ],
  [
    "a file past the door of the floor below",
    "src/directory.ts",
    'import { x } from "./migrations/place.ts";',
    /enters src\/migrations past its door/,
  ],
  ["a pure file that waits", "src/dsn.ts", "await later();", /is pure/],
  ["a pure file that reads", "src/migrations/place.ts", "Deno.cwd();", /is pure/],
  ["a pure part of an edge that reads", "src/atlas/hcl.ts", "Deno.cwd();", /is pure/],
  ["an environment below the entries", "src/cli/style.ts", 'Deno.env.get("X");', /only an entry/],
  ["arguments below the entries", "src/commands/apply.ts", "Deno.args;", /only an entry/],
  ["an exit below the entries", "src/cli/mod.ts", "Deno.exit(1);", /only an entry/],
  [
    "a signal below the entries",
    "src/postgres/wire.ts",
    'Deno.addSignalListener("SIGINT", stop);',
    /only an entry/,
  ],
];

for (const [what, file, line, fault] of FAULTS) {
  Deno.test(`layoutFaults() finds ${what}`, () => {
    const [first = "", ...rest] = planted({ [file]: line });
    assert.ok(first.startsWith(`${file}: `), first);
    assert.match(first, fault);
    assert.deepEqual(rest, []);
  });
}
