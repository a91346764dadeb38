import { checkKills } from "../harness/kills.ts";

Deno.test({
  name:
    "migrate ended at any moment leaves nothing half done, and the next run finishes (100 times)",
  ignore: Deno.build.os !== "linux",
  fn: () => checkKills(100),
});
