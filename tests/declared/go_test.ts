import assert from "node:assert/strict";
import { goEnvironment } from "../../src/declared/go.ts";
import { findDeclarations, loadEnt } from "../../src/declared/mod.ts";
import { folderOf } from "../harness/atlas.ts";

Deno.test("goEnvironment() passes on what Go reads, and no credentials", () => {
  const env = {
    Path: "/bin",
    HOME: "/home/me",
    GOFLAGS: "-tags=x",
    PGPASSWORD: "secret",
    VAULT_TOKEN: "secret",
    CONFIG_FILE: "config.yaml",
    GOOGLE_APPLICATION_CREDENTIALS: "secret",
  };
  assert.deepEqual(Object.keys(goEnvironment(env)), ["Path", "HOME", "GOFLAGS"]);
});

Deno.test("loadEnt() says how to get Go where there is none", async () => {
  await using folder = await folderOf({ "empty/x": "" });
  const [declaration] = await findDeclarations("tests/testdata/ent");
  assert.ok(declaration !== undefined);
  const signal = new AbortController().signal;
  const options = {
    env: { PATH: `${folder.path}/empty` },
    signal,
    redact: String,
    temp: folder.path,
  };
  await assert.rejects(loadEnt(declaration, options), {
    code: "go_missing",
    message: "go: command not found",
    hint: /go\.dev/,
  });
});
