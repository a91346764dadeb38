import { compiledScenarios } from "../harness/compiled_scenarios.ts";
import { LINUX } from "../harness/machine.ts";

compiledScenarios(LINUX);
