import { run } from "../../scripts/compile/run.ts";
import { COMPILER } from "../harness/compiled.ts";
import { checkRefusals } from "../harness/refusals.ts";

const RUNTIMES = { own: [Deno.execPath()], older: COMPILER.split(" ") };

for (const [name, command] of Object.entries(RUNTIMES)) {
  Deno.test(`what prevents a connection is told alike on the ${name} runtime`, async () => {
    const probe = ["tests/e2e/refusals_probe.ts", "tests/testdata/tls"];
    checkRefusals(
      await run([...command, "run", "-A", "--no-check", ...probe], { what: "run the probe" }),
    );
  });
}
