import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import { repositoryPaths } from "../src/repository_path.ts";

Deno.test("repositoryPaths() leaves the paths of what is inside the program", async () => {
  const pathOf = await repositoryPaths(undefined, { workspace: "/elsewhere" });
  assert.equal(pathOf("deploy/migrations/gold/0001_a.sql"), "deploy/migrations/gold/0001_a.sql");
});

Deno.test("repositoryPaths() makes paths relative to the repository, from wherever it is run", async () => {
  const folder = resolve("deploy/migrations");
  for (const given of [folder, "deploy/migrations", "tests/../deploy/migrations"]) {
    const pathOf = await repositoryPaths(given, { workspace: undefined });
    assert.equal(pathOf(`${given}/gold/0001_a.sql`), "deploy/migrations/gold/0001_a.sql");
  }
});

Deno.test("repositoryPaths() takes the workspace of the CI where there is no .git", async () => {
  const root = await Deno.makeTempDir({ prefix: "hotpot-test-" });
  try {
    const folder = join(root, "m");
    await Deno.mkdir(folder);
    const pathOf = await repositoryPaths(folder, { workspace: root });
    assert.equal(pathOf(join(folder, "a.sql")), "m/a.sql");
    const outside = await repositoryPaths(folder, { workspace: join(root, "other") });
    assert.equal(outside(`${folder}/a.sql`), `${folder}/a.sql`.replaceAll("\\", "/"));
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
