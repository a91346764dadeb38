import type { DecideRequest } from "../commands/preflight.ts";
import type { ExecOrder, TxMode } from "../migrations/mod.ts";

/** The flags that decide what is pending, and how it goes in: `plan` and `apply` must mean the same. */
export interface DecisionFlags {
  readonly txMode: TxMode;
  readonly execOrder: ExecOrder;
  readonly baseline?: string | undefined;
  readonly allowDirty?: true | undefined;
  readonly allowChanged?: true | undefined;
  readonly amount?: number | undefined;
}

/** What they say of a decision about any database. */
export function decisionOf(flags: DecisionFlags): Omit<DecideRequest, "pool"> {
  return {
    execOrder: flags.execOrder,
    txMode: flags.txMode,
    baseline: flags.baseline,
    allowDirty: flags.allowDirty === true,
    allowChanged: flags.allowChanged === true,
    amount: flags.amount,
  };
}
