import { computeSums, formatSums } from "../../src/migrations/mod.ts";

/** One migration, before any tool's way to write it down. */
export interface BenchFile {
  /** From 1. */
  readonly number: number;
  readonly name: string;
  readonly statements: readonly string[];
}

/** Texts of files, by their names. */
export type Texts = ReadonlyMap<string, string>;

/** The migrations that every tool gets: a table and an index in each. */
export function benchFiles(count: number): readonly BenchFile[] {
  return Array.from({ length: count }, (_, i) => {
    const name = `asset_${String(i + 1).padStart(5, "0")}`;
    return {
      number: i + 1,
      name: `add_${name}`,
      statements: [
        `CREATE TABLE ${name} (id bigint PRIMARY KEY, project text NOT NULL, name text NOT NULL,
  labels jsonb, created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz)`,
        `CREATE INDEX ${name}_project ON ${name} (project, name)`,
      ],
    };
  });
}

/** How a tool wants files to be named and what it wants around the statements. */
export interface Format {
  readonly name: (file: BenchFile, number: string) => string;
  readonly text: (sql: string) => string;
  /** Whether it wants an `atlas.sum`. */
  readonly sums?: boolean;
}

/** The files as a tool wants them. */
export function writtenFor(format: Format, files: readonly BenchFile[]): Texts {
  const written = files.map((file) => {
    const sql = file.statements.map((statement) => `${statement};\n`).join("");
    const name = format.name(file, String(file.number).padStart(6, "0"));
    return { name, text: format.text(sql) };
  });
  const texts = new Map(written.map(({ name, text }) => [name, text]));
  if (format.sums) texts.set("atlas.sum", formatSums(computeSums(written)));
  return texts;
}
