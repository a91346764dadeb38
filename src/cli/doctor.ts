import { doctor, type DoctorReport } from "../commands/doctor/mod.ts";
import type { EngineName } from "../commands/engine.ts";
import type { DoctorDocument } from "../documents/mod.ts";
import { EXIT } from "../errors.ts";
import type { Secrets } from "../redact.ts";
import { VERSION } from "../version.ts";
import type { World } from "../world.ts";
import { doctorSummary, lookLine } from "./doctor_text.ts";
import { commandFor } from "./next_command.ts";
import { Screen } from "./screen.ts";
import type { TargetFlags } from "./target.ts";

/** The flags of `migrate doctor`. */
export interface DoctorFlags extends TargetFlags {
  readonly engine?: EngineName | undefined;
  readonly json?: true | undefined;
  readonly color: boolean;
}

/** `migrate doctor`: looks at everything that a run depends on; 1 when something is wrong. */
export async function runDoctor(
  world: World,
  { flags, secrets }: { readonly flags: DoctorFlags; readonly secrets: Secrets },
): Promise<number> {
  const screen = new Screen(world, flags);
  using live = screen.live;
  live.show("Looking");
  const report = await doctor({
    env: world.env,
    configFile: flags.config,
    chosen: flags.database ?? [],
    applicationName: `hotpot-migrate/${VERSION}`,
    engine: flags.engine,
    migrations: flags.migrations,
    revisionsSchema: flags.revisionsSchema,
    secrets,
    signal: world.signal,
    lastly: world.lastly,
    onLook: (look) =>
      screen.result(lookLine(look, { out: screen.out, width: screen.width, world })),
  });
  live.clear();
  screen.result(doctorSummary(report.looks));
  const document = documentOf(report, world);
  if (flags.json) world.out(`${JSON.stringify(document, null, 2)}\n`);
  return document.status === "fault" ? EXIT.failed : EXIT.done;
}

function documentOf({ database, looks }: DoctorReport, world: World): DoctorDocument {
  const has = (state: string) => looks.some((look) => look.state === state);
  return {
    command: "doctor",
    status: has("fault") ? "fault" : has("warning") ? "warning" : "ok",
    database: database ?? null,
    looks: looks.map(({ next, ...look }) => ({
      ...look,
      ...(next === undefined ? {} : {
        next: next.map((step) => ({
          command: commandFor(world, step),
          when: step.when ?? null,
        })),
      }),
    })),
    error: null,
  };
}
