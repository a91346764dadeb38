import { checkLayers, checkSteps } from "../harness/layered_properties.ts";
import { toolTest } from "../harness/tools.ts";

toolTest(
  "atlas",
  "apply() leads to the same in any steps and any mix of engines (100 histories)",
  () => checkSteps(100),
);

toolTest(
  "atlas",
  "apply() finishes or refuses what Atlas did layer after layer (100 histories)",
  () => checkLayers(100),
);
