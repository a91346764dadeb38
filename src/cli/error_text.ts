import type { ErrorPart } from "../documents/mod.ts";
import type { MigrateError } from "../errors.ts";
import type { World } from "../world.ts";
import { commandFor, nextLines } from "./next_command.ts";
import type { Style } from "./style.ts";

/**
 * An error as people read it: what it is, the facts below it, one instruction, and last the
 * commands to type, each of which can be copied whole.
 */
export function errorText(
  error: MigrateError,
  { style, world }: { readonly style: Style; readonly world: Pick<World, "args"> },
): string {
  const lines = [
    `${style.red(`error[${error.code}]`)}: ${style.bold(error.message)}`,
    ...error.details.map((line) => `  ${line}`),
    `hint: ${error.hint}`,
    ...nextLines(error.next, { style, world }),
  ];
  return `${lines.join("\n")}\n`;
}

/** An error as machines read it. */
export function errorDocument(error: MigrateError, world: Pick<World, "args">): ErrorPart {
  return {
    code: error.code,
    message: error.message,
    hint: error.hint,
    ...(error.next.length === 0 ? {} : {
      next: error.next.map((step) => ({
        command: commandFor(world, step),
        when: step.when ?? null,
      })),
    }),
    ...(error.details.length === 0 ? {} : { details: error.details }),
    ...(Object.keys(error.data).length === 0 ? {} : { data: error.data }),
  };
}
