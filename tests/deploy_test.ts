import assert from "node:assert/strict";
import { folders } from "../deploy/migrations/embed.ts";
import { readFolders } from "../src/directory.ts";
import { LAYERS } from "../src/layers.ts";
import { embedModule, mergeLayers } from "../src/migrations/mod.ts";
import { compareCatalogs, readCatalog } from "./harness/catalog.ts";
import { createDatabase, type TestDatabase } from "./harness/postgres.ts";
import { applyPool } from "./harness/run.ts";

Deno.test("embed.ts is what `deno task embed` would write", async () => {
  const fresh = embedModule(await readFolders("deploy/migrations"));
  assert.equal(await Deno.readTextFile("deploy/migrations/embed.ts"), fresh);
});

Deno.test("the bundled migrations interleave over all layers", () => {
  const { migrations } = mergeLayers(folders);
  assert.deepEqual(new Set(migrations.map(({ layer }) => layer)), new Set(LAYERS));
  assert.deepEqual(
    migrations.map(({ version }) => Number(version)),
    migrations.map((_, index) => index + 1),
  );
});

Deno.test("the bundled migrations lead to the declared state", async () => {
  await using migrated = await createDatabase();
  await using declared = await createDatabase();
  const report = await applyPool(migrated.database, mergeLayers(folders));
  assert.equal(report.error, undefined);
  await declare(declared);
  assert.deepEqual(await differences(declared, migrated), []);
});

Deno.test("the comparison with the declared state sees a change of every kind", async () => {
  await using declared = await createDatabase();
  await using changed = await createDatabase();
  await declare(declared);
  await declare(changed);
  assert.deepEqual(await differences(declared, changed), []);
  const changes = [
    "comment on schema gold is 'other'",
    "create table gold.extra (i int)",
    "drop table gold.daily_findings",
    "alter table silver.accounts add column extra int",
    "alter table silver.accounts alter column kind type varchar(20)",
    "alter table silver.accounts alter column kind set default 'human'",
    "alter table silver.accounts alter column kind drop not null",
    "alter table silver.findings drop constraint findings_subject_check",
    "alter table silver.findings add constraint extra check (rule <> '')",
    "drop index silver.findings_open_idx",
    "alter type silver.severity add value 'extreme'",
    "create or replace view gold.open_findings as select finding_id, severity, rule, null::text as subject, found_at from silver.findings",
    "drop materialized view gold.findings_by_severity",
    "create or replace function gold.severity_weight(level silver.severity) returns integer language sql as 'select 1'",
    "drop function gold.severity_weight",
    "alter table bronze.gcp_compute_instances disable trigger gcp_compute_instances_history",
    "drop trigger gcp_compute_instances_history on bronze.gcp_compute_instances",
    "alter sequence silver.machines_machine_id_seq increment 2",
    "comment on table silver.machines is 'other'",
    "comment on column silver.machines.owner is 'other'",
    "comment on function bronze.record_instance_history() is null",
    "comment on view gold.open_findings is 'other'",
  ];
  for (const change of changes) {
    const before = await readCatalog(changed.sql, LAYERS);
    await changed.sql(change);
    const after = await readCatalog(changed.sql, LAYERS);
    assert.notDeepEqual(compareCatalogs(before, after), [], `not seen: ${change}`);
  }
});

async function declare(db: TestDatabase): Promise<void> {
  // A function of bronze writes to bronzehistory; it is resolved when it runs, so the order holds.
  for (const layer of LAYERS) await db.sql(await Deno.readTextFile(`deploy/schema/${layer}.sql`));
}

async function differences(wanted: TestDatabase, found: TestDatabase): Promise<readonly string[]> {
  return compareCatalogs(
    await readCatalog(wanted.sql, LAYERS),
    await readCatalog(found.sql, LAYERS),
  );
}

Deno.test("the recipes that can forbid core dumps do", async () => {
  const unit = await Deno.readTextFile("deploy/systemd/hotpot-migrate.service");
  assert.match(unit, /^LimitCORE=0$/m);
  const recipe = await Deno.readTextFile("deploy/container/Containerfile");
  assert.match(recipe, /docker run .*--ulimit core=0 /);
});
