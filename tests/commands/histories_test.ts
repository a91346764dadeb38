import { checkLayers, checkSteps } from "../harness/layered_properties.ts";
import { toolTest } from "../harness/tools.ts";

toolTest(
  "atlas",
  "apply() leads to the same in any steps and any mix of engines",
  () => checkSteps(6),
);

toolTest(
  "atlas",
  "apply() finishes or refuses what Atlas did layer after layer",
  () => checkLayers(5),
);
