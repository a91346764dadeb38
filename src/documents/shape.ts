// deno-lint-ignore-file explicit-module-boundary-types -- a schema is its own type
import * as v from "valibot";

/** A list that nobody changes. */
export const list = <T extends v.GenericSchema>(item: T) => v.pipe(v.array(item), v.readonly());

/** A whole number from 0. */
export const Count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** A time in milliseconds. */
export const Milliseconds = v.pipe(v.number(), v.minValue(0));

/** The version of a migration, as `0007`. */
export const Version = v.pipe(v.string(), v.minLength(1));

/** A field that says what it means. */
export const field = <T extends v.GenericSchema>(schema: T, says: string) =>
  v.pipe(schema, v.description(says));

/** The keys of a table of codes. */
export const codesOf = <T extends Readonly<Record<string, unknown>>>(table: T) =>
  v.picklist(Object.keys(table) as (keyof T & string)[]);

/** The same field for each code of a table. */
export function each<
  T extends Readonly<Record<string, unknown>>,
  S extends v.GenericSchema,
>(table: T, schema: S) {
  return Object.fromEntries(Object.keys(table).map((name) => [name, schema])) as {
    [K in keyof T & string]: S;
  };
}
