import type { ApplyEvents } from "../commands/apply.ts";
import type { EngineChoice } from "../report.ts";
import { appliedLine, range, retryLine } from "./apply_text.ts";
import type { Lane } from "./progress_board.ts";
import type { Screen } from "./screen.ts";

/** Prints what happens during a run, and keeps its lane up to date. */
export function applyEvents(
  { engine, lane, screen }: {
    readonly engine: EngineChoice;
    readonly lane: Lane;
    readonly screen: Screen;
  },
): ApplyEvents {
  return {
    onPlan: ({ pending }) => {
      screen.detail(`${pending.length} pending`);
      if (engine.name === "embedded" || pending.length === 0) return lane.show("Applying");
      lane.startAll(`${range(pending.map(({ migration }) => migration))} through Atlas`);
    },
    onStart: (migration) => lane.start(migration),
    onApplied: (applied) => {
      lane.finish();
      screen.result(appliedLine(applied, screen.out));
    },
    onNotice: ({ severity, message }) => screen.say(`${severity.toLowerCase()}: ${message}`),
    onWait: (holder) => screen.say(`Waiting for another run: the lock is held by ${holder}`),
    onRetry: (retry) => screen.say(retryLine(retry)),
    onRebuild: (index) => screen.say(`Dropped ${index}, left unfinished; it is built again`),
    onSight: (sight) => lane.see(sight),
  };
}
