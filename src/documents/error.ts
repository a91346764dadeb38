import * as v from "valibot";
import { ErrorData } from "../error_data.ts";
import { CODES } from "../errors.ts";
import { codesOf, field, list } from "./shape.ts";

/** A command, with when it is the right one. */
export const NextPart = v.strictObject({
  command: field(v.string(), "whole, with the flags that say which database is meant"),
  when: v.nullable(v.string()),
});

/** An error, as it stands in every document of something that failed. */
export const ErrorPart = v.strictObject({
  code: field(codesOf(CODES), "stable; migrate help errors lists them with their meanings"),
  message: field(v.string(), "for people; may improve"),
  hint: field(v.string(), "one instruction: what to do next"),
  next: v.optional(field(list(NextPart), "what to type, the likeliest first")),
  details: v.optional(field(list(v.string()), "lines that belong under the message")),
  data: v.optional(ErrorData),
});
export type ErrorPart = v.InferOutput<typeof ErrorPart>;

/** The document of a call that failed before it had anything of its own to report. */
const failureOf = <const T extends string>(commands: readonly T[]) =>
  v.strictObject({
    command: field(
      v.nullable(v.picklist(commands)),
      "null where the call names no command that there is",
    ),
    status: v.literal("failed"),
    error: ErrorPart,
  });

/** The commands of `migrate`. */
export const MIGRATE_COMMANDS = [
  "apply",
  "plan",
  "status",
  "history",
  "verify",
  "resolve",
  "baseline",
  "wait",
  "doctor",
  "version",
  "completions",
  "help",
] as const;

/** The commands of `genmigrate`. */
export const GENMIGRATE_COMMANDS = [
  "diff",
  "new",
  "hash",
  "renumber",
  "check",
  "completions",
  "help",
] as const;

export const MigrateFailure = failureOf(MIGRATE_COMMANDS);
export const GenmigrateFailure = failureOf(GENMIGRATE_COMMANDS);
export type FailureDocument = v.InferOutput<typeof MigrateFailure | typeof GenmigrateFailure>;
