import { MigrateError } from "../../src/errors.ts";

/** The error with which a call refuses; fails the test when it does not, or throws another one. */
export function refusalOf(call: () => unknown): MigrateError {
  try {
    call();
  } catch (error) {
    if (error instanceof MigrateError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
