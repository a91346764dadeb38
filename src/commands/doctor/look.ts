import type { DoctorDocument } from "../../documents/mod.ts";
import type { MigrateError, NextStep } from "../../errors.ts";
import type { LookName } from "../../looks.ts";
import type { ConnectReason } from "../../postgres/mod.ts";

/** What one look found. */
export interface Look extends Omit<DoctorDocument["looks"][number], "next"> {
  /** The commands that the fix comes to, the likeliest first. */
  readonly next?: readonly NextStep[];
}

/** A look that found all well. */
export function ok(name: LookName, text: string): Look {
  return { name, state: "ok", text };
}

/** A look that found something to know about. */
export function warning(
  name: LookName,
  text: string,
  { code, fix }: { readonly code: NonNullable<Look["code"]>; readonly fix?: string },
): Look {
  return { name, state: "warning", text, code, ...(fix === undefined ? {} : { fix }) };
}

/** A look that found what an error says. */
export function fault(name: LookName, reason: MigrateError | ConnectReason | Fault): Look {
  const { code, hint, next = [] } = reason;
  const text = "state" in reason ? reason.state : [reason.message, ...reason.details].join("; ");
  // Whoever reads this has typed that.
  const others = next.filter(({ command }) => command !== "migrate doctor");
  return {
    name,
    state: "fault",
    text,
    code,
    fix: hint,
    ...(others.length === 0 ? {} : { next: others }),
  };
}

/** A fault that is no error, as of a half-done file. */
export interface Fault {
  readonly code: NonNullable<Look["code"]>;
  readonly state: string;
  readonly hint: string;
  readonly next?: readonly NextStep[];
}

/** A look that could not be made, because one that it depends on failed. */
export function unseen(name: LookName, needs: LookName): Look {
  return { name, state: "unseen", text: `not looked at: needs ${needs}`, needs };
}

/** A look that could not be made for a reason of its own. */
export function unseenBecause(name: LookName, error: MigrateError): Look {
  const { code, hint, message } = error;
  return { name, state: "unseen", text: message, code, fix: hint };
}

/** Words for people: `a, b and 3 more`. */
export function some(words: readonly string[], most = 3): string {
  const shown = words.slice(0, most).join(", ");
  return words.length <= most ? shown : `${shown} and ${words.length - most} more`;
}

/** A look with every text of it changed in one way. */
export function changed(look: Look, change: (text: string) => string): Look {
  return {
    ...look,
    text: change(look.text),
    ...(look.fix === undefined ? {} : { fix: change(look.fix) }),
    ...(look.next === undefined ? {} : {
      next: look.next.map((step) => ({ ...step, command: change(step.command) })),
    }),
  };
}
