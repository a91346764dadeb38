import * as v from "valibot";
import { ApplyDocument } from "./apply.ts";
import { ErrorPart } from "./error.ts";
import { PlanDocument } from "./plan.ts";
import { field, list, Milliseconds } from "./shape.ts";
import { HistoryDocument, StatusDocument, VerifyDocument } from "./status.ts";

const NAME = field(v.string(), "the name of the database");

/** The document of a command over several databases: one entry for each, in the order given. */
const severalOf = <
  const C extends string,
  E extends v.ObjectEntries,
  const S extends readonly string[],
>(command: C, { entries }: { readonly entries: E }, statuses: S) =>
  v.strictObject({
    command: v.literal(command),
    status: field(
      v.picklist([...statuses, "failed"] as const),
      "failed if one failed; otherwise the first of the others that one of them has",
    ),
    databases: list(v.union([
      v.strictObject({ ...entries, name: NAME }),
      v.strictObject({
        name: NAME,
        command: v.literal(command),
        status: v.literal("failed"),
        error: field(ErrorPart, "why nothing was begun"),
      }),
      v.strictObject({
        name: NAME,
        command: v.literal(command),
        status: field(v.literal("skipped"), "not begun"),
        error: v.null(),
      }),
    ])),
    elapsedMs: Milliseconds,
    error: v.nullable(ErrorPart),
  });

export const ApplyList = severalOf("apply", ApplyDocument, ["applied", "nothing_pending"]);
export const PlanList = severalOf("plan", PlanDocument, ["pending", "nothing_pending"]);
export const StatusList = severalOf("status", StatusDocument, ["differs", "up_to_date"]);
export const HistoryList = severalOf("history", HistoryDocument, ["ok"]);
export const VerifyList = severalOf("verify", VerifyDocument, ["differs", "ok"]);
