import { checkKills } from "../harness/kills.ts";
import { toolTest } from "../harness/tools.ts";

toolTest(
  "atlas",
  "migrate ended at any moment while Atlas works leaves nothing half done, and the next run finishes (40 times)",
  () => checkKills(40, "atlas"),
  { ignore: Deno.build.os !== "linux" },
);
