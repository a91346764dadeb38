import assert from "node:assert/strict";
import { join } from "node:path";
import { editFile, withoutSecrets } from "../src/editor.ts";
import { folderOf } from "./harness/atlas.ts";

Deno.test("withoutSecrets() blanks what logs in to Vault, and nothing else", () => {
  assert.deepEqual(withoutSecrets({ VAULT_TOKEN: "planted", VAULT_JWT: "", HOME: "/x" }), {
    VAULT_TOKEN: "",
  });
});

Deno.test({
  name: "editFile() shows the editor no token that this process has",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using folder = await folderOf({
      "ed": '#!/bin/sh\necho "token=$VAULT_TOKEN id=$VAULT_SECRET_ID other=$PLANTED" > "$1"\n',
    });
    await Deno.chmod(join(folder.path, "ed"), 0o755);
    const changes = {
      PATH: `${folder.path}:${Deno.env.get("PATH")}`,
      VAULT_TOKEN: "planted-token",
      VAULT_SECRET_ID: "planted-id",
      PLANTED: "kept",
    };
    const before = Object.keys(changes).map((name) => [name, Deno.env.get(name)] as const);
    const file = join(folder.path, "file");
    try {
      for (const [name, value] of Object.entries(changes)) Deno.env.set(name, value);
      await editFile(file, { ...Deno.env.toObject(), VISUAL: "ed" });
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) Deno.env.delete(name);
        else Deno.env.set(name, value);
      }
    }
    assert.equal(await Deno.readTextFile(file), "token= id= other=kept\n");
  },
});
