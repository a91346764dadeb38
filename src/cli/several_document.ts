import type { ErrorPart, FailureDocument } from "../documents/mod.ts";
import type { MigrateError } from "../errors.ts";
import type { World } from "../world.ts";
import { errorDocument } from "./error_text.ts";
import { forDatabase } from "./next_command.ts";

/** The commands that work on several databases, with what one can be at; what counts for all first. */
const STATUSES = {
  apply: ["failed", "applied", "nothing_pending"],
  plan: ["failed", "pending", "nothing_pending"],
  status: ["failed", "differs", "up_to_date"],
  history: ["failed", "ok"],
  verify: ["failed", "differs", "ok"],
} as const;

/** The command of a document. */
export type SeveralCommand = keyof typeof STATUSES;

/** What became of one database: its document, why there is none, or nothing if it was not begun. */
export interface Entry {
  readonly name: string;
  readonly document?: { readonly command: string; readonly status: string };
  readonly error?: MigrateError | undefined;
}

/** The one document of a command over several databases. */
export function severalDocument(
  entries: readonly Entry[],
  { command, elapsedMs, error, world }: {
    readonly command: SeveralCommand;
    readonly elapsedMs: number;
    readonly error: MigrateError | undefined;
    readonly world: Pick<World, "args">;
  },
): Readonly<Record<string, unknown>> {
  const databases = entries.map(({ document, error, name }) => {
    if (document !== undefined) return { name, ...document };
    return error === undefined
      ? { name, command, status: "skipped", error: null }
      : { name, ...failureOf(command, errorDocument(error, forDatabase(world, name))) };
  });
  const found = databases.map(({ status }) => status);
  return {
    command,
    status: error === undefined
      ? STATUSES[command].find((status) => found.includes(status)) ?? STATUSES[command].at(-1)
      : "failed",
    databases,
    elapsedMs: Math.round(elapsedMs),
    error: error === undefined ? null : errorDocument(error, world),
  };
}

function failureOf(command: SeveralCommand, error: ErrorPart): FailureDocument {
  return { command, status: "failed", error };
}
