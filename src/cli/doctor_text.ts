import type { Look } from "../commands/doctor/mod.ts";
import { LOOKS } from "../looks.ts";
import type { World } from "../world.ts";
import { hanging, pad } from "./columns.ts";
import { nextLines } from "./next_command.ts";
import type { Screen } from "./screen.ts";

const NAME_WIDTH = Math.max(...Object.keys(LOOKS).map((name) => name.length));

/** The line of one look, with what to do below it; long ones go on under their beginning. */
export function lookLine(
  { fix, name, next = [], state, text }: Look,
  { out: style, width, world }: Pick<Screen, "out" | "width"> & { readonly world: World },
): string {
  const marks = {
    ok: style.green("✔"),
    warning: style.yellow("!"),
    fault: style.red("✖"),
    unseen: style.dim("–"),
  };
  const indent = NAME_WIDTH + 4;
  const lines = [
    `${marks[state]} ${pad(name, NAME_WIDTH)}  ${hanging(text, { indent, width })}`,
    ...(fix === undefined
      ? []
      : [`${" ".repeat(indent)}${hanging(`fix: ${fix}`, { indent, width })}`]),
    ...nextLines(next, { style, world }).map((line) => `${" ".repeat(indent)}${line}`),
  ];
  return `${lines.join("\n")}\n`;
}

/** The last line: how much is wrong. */
export function doctorSummary(looks: readonly Look[]): string {
  const count = (state: Look["state"]) => looks.filter((look) => look.state === state).length;
  const faults = count("fault");
  const warnings = count("warning");
  const parts = [
    ...(faults === 0 ? [] : [`${faults} ${faults === 1 ? "fault" : "faults"}`]),
    ...(warnings === 0 ? [] : [`${warnings} ${warnings === 1 ? "warning" : "warnings"}`]),
  ];
  return `${parts.length === 0 ? "No fault found" : parts.join(", ")}\n`;
}
