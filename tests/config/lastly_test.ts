import assert from "node:assert/strict";
import { toolTest } from "../harness/tools.ts";
import { createDatabase } from "../harness/postgres.ts";
import { unattended } from "../harness/settings.ts";
import { leavesNothing, prepareUsers } from "../harness/vault_users.ts";
import { loadSettings } from "../../src/config/mod.ts";

toolTest(
  "bao",
  "loadSettings() gives up what is to be revoked only when it is",
  async (program) => {
    await using db = await createDatabase();
    await using place = await prepareUsers(program, db);
    const registered = new Set<() => Promise<unknown>>();
    const load = () =>
      loadSettings({
        env: place.env,
        configFile: undefined,
        applicationName: "test",
        ...unattended(),
        lastly: (act) => {
          registered.add(act);
          return () => registered.delete(act);
        },
      });
    await leavesNothing(place, async () => {
      const settings = await load();
      assert.equal(registered.size, 1);
      const ending = settings[Symbol.asyncDispose]();
      // A second signal may come now, and would exit if nobody asked for time.
      assert.equal(registered.size, 1);
      await Promise.all([...registered].map((act) => act()));
      await ending;
      assert.equal(registered.size, 0);
    });
    // The end that comes first is the end.
    await leavesNothing(place, async () => {
      const settings = await load();
      for (const act of registered) await act();
      await settings[Symbol.asyncDispose]();
    });
  },
);
