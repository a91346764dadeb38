import { check, type CheckResult, CHECKS, type Finding } from "../commands/check.ts";
import type { CheckDocument } from "../documents/mod.ts";
import { EXIT } from "../errors.ts";
import type { World } from "../world.ts";
import { annotationLine } from "./ci/mod.ts";
import { forkOf } from "./checkout.ts";
import { type CompareFlags, devSettings } from "./dev_settings.ts";
import { Screen, type ScreenFlags } from "./screen.ts";

/** The flags of `genmigrate check`. */
export interface CheckFlags extends CompareFlags, ScreenFlags {
  readonly base?: string | undefined;
}

/** `genmigrate check`: says what is not as it must be, and ends with 3 if anything is. */
export async function runCheck(world: World, flags: CheckFlags): Promise<number> {
  const screen = new Screen(world, flags);
  using live = screen.live;
  await using settings = await devSettings(world, { flags, screen });
  const { database, program, redact } = settings;
  const base = await forkOf(world, { ...flags, screen });
  live.show("Checking");
  const results = await check({
    ...flags,
    base,
    database,
    program,
    redact,
    env: world.env,
    signal: world.signal,
  });
  live.clear();
  const wrong = results.flatMap(({ findings }) => findings);
  if (flags.json) world.out(`${JSON.stringify(documentOf(results), null, 2)}\n`);
  for (const result of results) screen.result(resultText(result, screen));
  if (world.env["GITHUB_ACTIONS"] === "true" && !flags.json) {
    for (const finding of wrong) world.out(annotation(finding));
  }
  return wrong.length === 0 ? EXIT.done : EXIT.pending;
}

function documentOf(results: readonly CheckResult[]): CheckDocument {
  const ok = results.every(({ state }) => state !== "wrong");
  return { command: "check", status: ok ? "ok" : "wrong", checks: results, error: null };
}

function resultText({ check, findings, state }: CheckResult, screen: Screen): string {
  const { out } = screen;
  const marks = { ok: out.green("✔"), wrong: out.red("✖"), skipped: out.dim("-") };
  const head = `${marks[state]} ${CHECKS[check]}${state === "skipped" ? " (not checked)" : ""}\n`;
  return head + findings.map((finding) => findingText(finding)).join("");
}

function findingText({ code, details, hint, message }: Finding): string {
  return [
    `  ${code}: ${message}`,
    ...details.flatMap((text) => text.split("\n")).map((line) => `    ${line}`),
    `  hint: ${hint}`,
    "",
  ].join("\n");
}

function annotation({ code, details, file, hint, message }: Finding): string {
  return annotationLine({
    level: "error",
    file,
    title: code,
    message: [message, ...details, hint].join("\n"),
  });
}
