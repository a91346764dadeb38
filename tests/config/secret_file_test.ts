import assert from "node:assert/strict";
import { join } from "node:path";
import { readPasswordFile } from "../../src/config/password_file.ts";
import { readSecretFile } from "../../src/config/vault/secret_file.ts";
import { folderOf } from "../harness/atlas.ts";
import { refusalOf } from "../harness/settings.ts";

const UNIX = { ignore: Deno.build.os === "windows" };

async function withFile(
  mode: number,
  act: (path: string, folder: string) => Promise<void>,
): Promise<void> {
  await using folder = await folderOf({ token: "planted\n" });
  const path = join(folder.path, "token");
  await Deno.chmod(path, mode);
  await act(path, folder.path);
}

for (const mode of [0o400, 0o600, 0o440, 0o640]) {
  Deno.test(`readSecretFile() takes a file of mode ${mode.toString(8)}`, UNIX, async () => {
    await withFile(mode, async (path) => {
      assert.equal(await readSecretFile("VAULT_TOKEN_FILE", { path }), "planted");
    });
  });
}

for (const mode of [0o444, 0o644, 0o604, 0o666, 0o777]) {
  Deno.test(`readSecretFile() refuses a file of mode ${mode.toString(8)}`, UNIX, async () => {
    await withFile(mode, async (path) => {
      for (const foreign of [{}, { foreign: true as const }]) {
        const reading = readSecretFile("VAULT_TOKEN_FILE", { path, ...foreign });
        const error = await refusalOf(reading, "secret_file_open");
        assert.equal(error.hint, `Run: chmod 600 ${path}`);
        assert.doesNotMatch(error.message, /planted/);
      }
    });
  });
}

Deno.test("readSecretFile() asks what a link leads to, not the link", UNIX, async () => {
  await withFile(0o600, async (path, folder) => {
    const link = join(folder, "link");
    await Deno.symlink(path, link);
    assert.equal(await readSecretFile("VAULT_TOKEN_FILE", { path: link }), "planted");
    await Deno.chmod(path, 0o644);
    await refusalOf(readSecretFile("VAULT_TOKEN_FILE", { path: link }), "secret_file_open");
  });
});

/** A volume as Kubernetes writes it: every file a link into the folder of the present content. */
async function withVolume(
  mode: number,
  act: (path: string) => Promise<void>,
): Promise<void> {
  await using folder = await folderOf({ "..2026_11_25/token": "planted" });
  await Deno.chmod(join(folder.path, "..2026_11_25", "token"), mode);
  await Deno.symlink("..2026_11_25", join(folder.path, "..data"));
  const path = join(folder.path, "token");
  await Deno.symlink("..data/token", path);
  await act(path);
}

Deno.test("readSecretFile() says what to do in Kubernetes", UNIX, async () => {
  await withVolume(0o440, async (path) => {
    assert.equal(await readSecretFile("VAULT_SECRET_ID_FILE", { path }), "planted");
  });
  await withVolume(0o644, async (path) => {
    const error = await refusalOf(
      readSecretFile("VAULT_SECRET_ID_FILE", { path }),
      "secret_file_open",
    );
    assert.match(error.hint ?? "", /^In Kubernetes, set defaultMode: 0440 in the volume/);
    // The kubelet itself writes the token of a service account so, and every container has it.
    assert.equal(await readSecretFile("VAULT_JWT_FILE", { path, foreign: true }), "planted");
    const { password, warnings } = await readPasswordFile(path);
    assert.equal(password, "planted");
    assert.match(warnings.join(), /defaultMode: 0440/);
  });
});

Deno.test("readSecretFile() refuses what is no token, and shows nothing of it", async () => {
  await using folder = await folderOf({ two: "planted\nplanted", empty: " \n", wide: "plänted" });
  for (const name of ["two", "empty", "wide", "nowhere", "."]) {
    const path = join(folder.path, name);
    if (Deno.build.os !== "windows" && name !== "nowhere" && name !== ".") {
      await Deno.chmod(path, 0o600);
    }
    const error = await refusalOf(
      readSecretFile("VAULT_TOKEN_FILE", { path }),
      "config_unreadable",
    );
    assert.doesNotMatch(error.message, /pl.nted/);
  }
  const nowhere = join(folder.path, "nowhere");
  assert.equal(
    await readSecretFile("the token", { path: nowhere, optional: true }),
    undefined,
  );
});
