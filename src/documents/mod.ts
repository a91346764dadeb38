import type * as v from "valibot";
import { ApplyDocument, FilePart } from "./apply.ts";
import { CheckDocument } from "./check.ts";
import { DoctorDocument, LookPart } from "./doctor.ts";
import { ErrorPart, GenmigrateFailure, MigrateFailure } from "./error.ts";
import { PlanDocument } from "./plan.ts";
import { ApplyList, HistoryList, PlanList, StatusList, VerifyList } from "./several.ts";
import { BaselineDocument, ResolveDocument } from "./record.ts";
import { Counts, HistoryDocument, StatusDocument, VerifyDocument, VersionPart } from "./status.ts";
import { VersionDocument } from "./version.ts";

// The programs use the types alone: a start must not wait for the schemas.
export type {
  ApplyDocument,
  BaselineDocument,
  CheckDocument,
  DoctorDocument,
  ErrorPart,
  HistoryDocument,
  PlanDocument,
  ResolveDocument,
  StatusDocument,
  VerifyDocument,
  VersionDocument,
};
export type { FailureDocument } from "./error.ts";

/** Every document that a program prints with `--json`, by name; the one of failures is the last. */
export const DOCUMENTS: Readonly<
  Record<"migrate" | "genmigrate", Readonly<Record<string, v.GenericSchema>>>
> = {
  migrate: {
    apply: ApplyDocument,
    plan: PlanDocument,
    status: StatusDocument,
    history: HistoryDocument,
    verify: VerifyDocument,
    resolve: ResolveDocument,
    baseline: BaselineDocument,
    doctor: DoctorDocument,
    version: VersionDocument,
    applyList: ApplyList,
    planList: PlanList,
    statusList: StatusList,
    historyList: HistoryList,
    verifyList: VerifyList,
    failure: MigrateFailure,
  },
  genmigrate: { check: CheckDocument, failure: GenmigrateFailure },
};

/** The parts that several documents have, by name. */
export const PARTS: typeof DOCUMENTS = {
  migrate: {
    error: ErrorPart,
    file: FilePart,
    versionState: VersionPart,
    counts: Counts,
    look: LookPart,
  },
  genmigrate: { error: ErrorPart },
};
