import type { ErrorPart } from "../documents/mod.ts";
import type { MigrateError } from "../errors.ts";
import type { Style } from "./style.ts";

/** An error as people read it: what it is, the facts below it, and one thing to do next. */
export function errorText(error: MigrateError, style: Style): string {
  const lines = [
    `${style.red(`error[${error.code}]`)}: ${style.bold(error.message)}`,
    ...error.details.map((line) => `  ${line}`),
    ...(error.hint === undefined ? [] : [`hint: ${error.hint}`]),
  ];
  return `${lines.join("\n")}\n`;
}

/** An error as machines read it. */
export function errorDocument(error: MigrateError): ErrorPart {
  return {
    code: error.code,
    message: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.details.length === 0 ? {} : { details: error.details }),
    ...(Object.keys(error.data).length === 0 ? {} : { data: error.data }),
  };
}
