import assert from "node:assert/strict";
import { Notices } from "../../src/commands/notices.ts";
import { FILE_BEGINS } from "../../src/postgres/mod.ts";

Deno.test("Notices come when their file's turn has come, in order, and none is lost", () => {
  const told: string[] = [];
  const notices = new Notices(({ message }) => told.push(message));
  const say = (message: string, sqlstate = "00000") =>
    notices.receive({ severity: "NOTICE", sqlstate, message });
  say("before any file");
  assert.deepEqual(told, ["before any file"]);
  say("0001", FILE_BEGINS);
  notices.start("0001");
  say("a");
  say("0002", FILE_BEGINS);
  say("b");
  say("c");
  say("0003", FILE_BEGINS);
  say("d");
  assert.deepEqual(told.splice(0), ["before any file", "a"]);
  notices.start("0002");
  assert.deepEqual(told.splice(0), ["b", "c"]);
  notices.end();
  assert.deepEqual(told, ["d"]);
});
