import type { ApplyEvents } from "../commands/apply.ts";
import type { EngineChoice } from "../report.ts";
import { nameOf } from "../failure.ts";
import { appliedLine, duration, range, retryLine } from "./apply_text.ts";
import type { Lane } from "./progress_board.ts";
import type { Screen } from "./screen.ts";

/** Prints what happens during a run, and keeps its lane up to date. */
export function applyEvents(
  { engine, lane, name, screen }: {
    readonly engine: EngineChoice;
    readonly lane: Lane;
    /** The database, where there are several: its files are a detail then. */
    readonly name?: string;
    readonly screen: Screen;
  },
): ApplyEvents {
  const named = (text: string) => name === undefined ? text : `${name}: ${text}`;
  const say = (text: string) => screen.say(named(text));
  return {
    onPlan: ({ pending }) => {
      screen.detail(named(`${pending.length} pending`));
      if (engine.name === "embedded" || pending.length === 0) return lane.show("Applying");
      lane.startAll(`${range(pending.map(({ migration }) => migration))} through Atlas`);
    },
    onStart: (migration) => lane.start(migration),
    onApplied: (applied) => {
      lane.finish();
      if (name === undefined) screen.result(appliedLine(applied, screen.out));
      else {
        screen.detail(
          named(`Applied ${nameOf(applied.migration)} in ${duration(applied.elapsedMs)}`),
        );
      }
    },
    onNotice: ({ severity, message }) => say(`${severity.toLowerCase()}: ${message}`),
    onWait: (holder) => say(`Waiting for another run: the lock is held by ${holder}`),
    onRetry: (retry) => say(retryLine(retry)),
    onRebuild: (index) => say(`Dropped ${index}, left unfinished; it is built again`),
    onSight: (sight) => lane.see(sight),
  };
}
