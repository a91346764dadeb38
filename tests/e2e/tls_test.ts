import assert from "node:assert/strict";
import { run } from "../../scripts/compile/run.ts";
import { startPostgres } from "../../scripts/postgres/server.ts";
import { COMPILER } from "../harness/compiled.ts";
import { certificate, placeCertificates, TLS_SETTINGS } from "../harness/tls.ts";

const RUNTIMES = { own: [Deno.execPath()], older: COMPILER.split(" ") };

Deno.test({
  name: "a protected connection works on the runtimes of the tests and of compiled programs",
  ignore: Deno.build.os === "windows",
  async fn(t) {
    await using server = await startPostgres({
      settings: TLS_SETTINGS,
      prepare: placeCertificates,
    });
    for (const [name, command] of Object.entries(RUNTIMES)) {
      await t.step(name, async () => {
        const probe = [
          ...["tests/e2e/tls_probe.ts", String(server.port)],
          ...["authority", "stranger"].map(certificate),
        ];
        const said = await run([...command, "run", "-A", "--no-check", ...probe], {
          what: "run the probe",
        });
        const seen = JSON.parse(said);
        assert.equal(seen.ssl, true);
        assert.match(seen.protocol, /^TLS/);
        assert.equal(seen.for, "DNS:localhost");
        assert.match(seen.until, /2120/);
        assert.match(
          seen.refused,
          /^certificate of localhost by "Hotpot test authority" .*: its authority is not among those/,
        );
      });
    }
  },
});
