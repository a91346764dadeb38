import { MigrateError } from "../errors.ts";
import type { Layer } from "../layers.ts";

/** What the loader answers: DDL, or the one fault found. */
export interface Answer {
  readonly sql?: string;
  readonly fault?: "empty" | "graph" | "schemaless" | "repeated";
  readonly package?: string;
  readonly details?: readonly string[];
}

/** The error of a Go run that failed: its own lines, with paths relative to the module. */
export function goFailed(stderr: string, root: string): MigrateError {
  const details = linesOf(stderr, root);
  // The loader calls what ent has had since 0.14.
  if (details.some((line) => /[/\\]ent_loader\.go:\d+:\d+: /.test(line))) {
    return new MigrateError("ent_missing", "Cannot load ent types: the module's ent is too old", {
      hint: "Run go get entgo.io/ent@latest in the module: 0.14 or later is needed",
    });
  }
  return new MigrateError("ent_failed", "Cannot load ent types: Go reports errors", {
    hint: "Correct what Go names",
    details,
  });
}

/** The error of a module that does not require ent. */
export function entMissing(root: string): MigrateError {
  return new MigrateError(
    "ent_missing",
    `Cannot load ent types: the module in "${root}" does not require entgo.io/ent`,
    { hint: "Run go get entgo.io/ent in the module" },
  );
}

/** The error that a fault found by the loader makes. */
export function loaderFault(answer: Answer, layer: Layer): MigrateError {
  const { details = [] } = answer;
  switch (answer.fault) {
    case "schemaless":
      return new MigrateError(
        "ent_failed",
        `Cannot load ent types: ${details.length} of ${layer} name no PostgreSQL schema`,
        {
          hint:
            `Annotate them with entsql.Schema, or give the folder of those that are with --schema`,
          details,
        },
      );
    case "repeated":
      return new MigrateError(
        "ent_failed",
        `Cannot load ent types: packages of ${layer} declare the same tables`,
        { hint: "Keep each table in one package", details },
      );
    case "empty":
      return new MigrateError(
        "ent_failed",
        `Cannot load ent types: Go finds none in the packages of ${layer}`,
        { hint: "Embed ent.Schema in the types that declare tables" },
      );
    default: {
      const place = answer.package === undefined ? layer : `"${answer.package}"`;
      const isForeign = details.some((line) => /edge|type .* does not exist/.test(line));
      return new MigrateError(
        "ent_failed",
        `Cannot load ent types: ent refuses those of ${place}`,
        {
          hint: isForeign
            ? "Correct them; an edge can lead only to a type of its own package"
            : "Correct them",
          details,
        },
      );
    }
  }
}

function linesOf(text: string, root: string): readonly string[] {
  return text.replaceAll("\r\n", "\n").split("\n")
    .filter((line) => line.trim() !== "" && !/^(?:exit status \d+$|go: downloading )/.test(line))
    .map((line) => line.replaceAll(`${root}/`, "").replaceAll(`${root}\\`, ""));
}
