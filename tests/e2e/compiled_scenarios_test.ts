import { compiledScenarios } from "../harness/compiled_scenarios.ts";
import { UNIX } from "../harness/machine.ts";

compiledScenarios(UNIX);
