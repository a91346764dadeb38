import assert from "node:assert/strict";
import { TX_MODES, txModeOf } from "../../src/migrations/mod.ts";
import { migrationOf } from "../harness/pool.ts";
import { refusalOf } from "../harness/refusal.ts";
import { poolOf } from "../harness/run.ts";

function fileWith(head: string) {
  return migrationOf(poolOf({ "gold/0001_a.sql": `${head}\nselect 1;\n` }), "0001");
}

Deno.test("txModeOf() takes the mode of the run where the file says nothing", () => {
  for (const mode of TX_MODES) {
    assert.equal(txModeOf(fileWith(""), mode), mode);
    assert.equal(txModeOf(fileWith("-- atlas:checkpoint\n"), mode), mode);
  }
});

Deno.test("txModeOf() lets the file go before the run", () => {
  for (const mode of ["file", "none"] as const) {
    assert.equal(txModeOf(fileWith("-- atlas:txmode none\n"), mode), "none");
    assert.equal(txModeOf(fileWith("-- atlas:txmode file\n"), mode), "file");
  }
});

Deno.test("txModeOf() refuses a directive that is wrong or contradicts the run", () => {
  const cases: readonly (readonly [string, "file" | "all", RegExp])[] = [
    ["-- atlas:txmode all\n", "file", /cannot ask for txmode all/],
    ["-- atlas:txmode all\n", "all", /cannot ask for txmode all/],
    ["-- atlas:txmode non\n", "file", /"non" is no atlas:txmode/],
    ["-- atlas:txmode None\n", "file", /"None" is no atlas:txmode/],
    ["-- atlas:txmode\n", "file", /"" is no atlas:txmode/],
    ["-- atlas:txmode none;\n", "file", /"none;" is no/],
    ["-- atlas:txmode none\n-- atlas:txmode none\n", "file", /2 atlas:txmode directives/],
    ["-- atlas:txmode none\n", "all", /asks for txmode none where all files/],
    ["-- atlas:txmode file\n", "all", /asks for txmode file where all files/],
  ];
  for (const [head, mode, message] of cases) {
    const error = refusalOf(() => txModeOf(fileWith(head), mode));
    assert.equal(error.code, "txmode_invalid", head);
    assert.match(error.message, message);
    assert.match(error.message, /"0001_a\.sql"/);
    assert.deepEqual(error.data, { file: "migrations/gold/0001_a.sql" });
  }
});
