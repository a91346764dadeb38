import type { Database } from "../database.ts";
import type { Sight } from "../report.ts";
import { type Patience, pause } from "./patience.ts";
import { Session } from "./session.ts";
import { ATLAS_WORKER, blockersOf, describeBlocker, readSight } from "./sight.ts";

/** What an onlooker needs besides the database. */
export interface OnlookerOptions {
  readonly patience: Pick<Patience, "lookMs">;
  readonly redact: (text: string) => string;
  readonly onSight: (sight: Sight) => void;
}

/**
 * Looks from a connection of its own at what Atlas' session does, as often as a run of ours is
 * looked at, and not before it has taken that long. It decides nothing: where it may not connect or
 * may not see, nothing is told.
 */
export class Onlooker implements AsyncDisposable {
  readonly #over = new AbortController();
  readonly #loop: Promise<void>;
  #eye: Session | undefined;

  constructor(database: Database, options: OnlookerOptions) {
    // Under another role a user may not see what his own sessions do.
    const { role: _, ...outside } = database;
    this.#loop = this.#watch(outside, options);
  }

  async #watch(database: Database, options: OnlookerOptions): Promise<void> {
    const { onSight, patience, redact } = options;
    const { signal } = this.#over;
    try {
      while (await pause(patience.lookMs, signal)) {
        this.#eye ??= await Session.open(database, { redact, signal });
        const sight = await readSight(this.#eye, ATLAS_WORKER);
        if (sight === undefined) continue;
        const blockers = await this.#eye.query(blockersOf(ATLAS_WORKER));
        if (signal.aborted) return;
        onSight({
          ...sight,
          statement: redact(sight.statement),
          blockers: blockers.map(describeBlocker),
        });
      }
    } catch {
      // The run itself finds out what is wrong with the server.
    }
  }

  /** Ends the looking and its connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    this.#eye?.drop();
    await this.#loop;
    await this.#eye?.[Symbol.asyncDispose]();
  }
}
