import { MigrateError } from "../errors.ts";
import type { Sight } from "../report.ts";
import { type Patience, pause } from "./patience.ts";
import type { Session } from "./session.ts";
import { BACKEND_START, type SessionFacts } from "./session_facts.ts";
import { blockersOf, describeBlocker, readSight } from "./sight.ts";

/** What a watch needs of the session that it watches over. */
export interface Watched {
  readonly facts: SessionFacts;
  /** How many bytes have come from the server so far. */
  readonly received: () => number;
  /** Opens another session, as the same user, within the time that it has. */
  readonly open: (signal: AbortSignal) => Promise<Session>;
  /** Called once the silence has lasted too long. */
  readonly onSilence: () => void;
  /** Called with what is seen, if anybody wants to know. */
  readonly onSight?: ((sight: Sight) => void) | undefined;
}

/**
 * Looks from a second connection at a backend that has not answered yet. A statement may rightly
 * run for an hour, and then nothing comes through a healthy connection either: only the server can
 * say whether it still works for us, and whom it waits for.
 */
export class Watch implements AsyncDisposable {
  readonly #watched: Watched;
  readonly #patience: Patience;
  readonly #over = new AbortController();
  /** The answers that are watched over; a signal that depended on ours would live as long as we. */
  readonly #waiting = new Set<AbortController>();
  #eye: Session | undefined;
  #round: Promise<void> = Promise.resolve();
  #blockers: readonly string[] = [];

  constructor(watched: Watched, patience: Patience) {
    this.#watched = watched;
    this.#patience = patience;
  }

  /** Who was last seen to block the statement that is watched over, or the last one. */
  get blockers(): readonly string[] {
    return this.#blockers;
  }

  /** Watches over one answer. What is returned ends that, and is called when the answer is there. */
  begin(): () => void {
    const answered = new AbortController();
    this.#blockers = [];
    if (this.#over.signal.aborted) answered.abort();
    this.#waiting.add(answered);
    this.#round = this.#round.then(() => this.#watch(answered.signal));
    return () => {
      this.#waiting.delete(answered);
      answered.abort();
    };
  }

  async #watch(answered: AbortSignal): Promise<void> {
    let lifeAt = performance.now();
    let received = this.#watched.received();
    while (await pause(this.#patience.lookMs, answered)) {
      const alive = await this.#look();
      if (alive || this.#watched.received() !== received) lifeAt = performance.now();
      received = this.#watched.received();
      if (answered.aborted || performance.now() - lifeAt < this.#patience.silenceMs) continue;
      this.#watched.onSilence();
      return;
    }
  }

  /** Whether the backend shows a sign of life. */
  async #look(): Promise<boolean> {
    try {
      this.#eye ??= await this.#watched.open(this.#over.signal);
      if (this.#over.signal.aborted) return true;
      const rows = await within(
        this.#eye,
        this.#patience.silenceMs,
        (eye) => eye.query(this.#sight()),
      );
      const own = rows.find((row) => row["own"] === true);
      this.#blockers = rows.filter((row) => row["own"] !== true).map(describeBlocker);
      if (own !== undefined) await this.#tell(this.#eye);
      return own !== undefined && own["waits_for_us"] !== true;
    } catch (error) {
      this.#eye?.drop();
      this.#eye = undefined;
      return answers(error);
    }
  }

  /** Says what is seen; whoever may not see it lives all the same. */
  async #tell(eye: Session): Promise<void> {
    const { facts, onSight } = this.#watched;
    if (onSight === undefined) return;
    const sight = await within(
      eye,
      this.#patience.silenceMs,
      (eye) => readSight(eye, String(facts.pid)),
    ).catch((error) => {
      if (eye.lost) throw error;
    });
    if (sight !== undefined) onSight({ ...sight, blockers: this.#blockers });
  }

  #sight(): string {
    const { pid, startedAt } = this.#watched.facts;
    const same = startedAt === undefined ? "" : `and ${BACKEND_START} = '${startedAt}'`;
    // A backend that is idle has answered, or never heard the question; one that waits for its
    // client has an answer that does not get through.
    return `select true as own, state ~ '^idle' or wait_event_type = 'Client' as waits_for_us,
        pid, null as name, null as owner, null as reader, null as hidden, null as address, null as since
      from pg_stat_get_activity(${pid}) where true ${same}
    union all select false, false, * from (${blockersOf(String(pid))}) b`;
  }

  /** Ends the second connection, if there is one. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    for (const answer of this.#waiting) answer.abort();
    this.#eye?.drop();
    await this.#round;
    await this.#eye?.[Symbol.asyncDispose]();
  }
}

/** Gives a session a time to answer in; then the connection is dropped, and the answer is an error. */
export async function within<T>(
  session: Session,
  ms: number,
  ask: (session: Session) => Promise<T>,
): Promise<T> {
  const timer = setTimeout(() => session.drop(), ms);
  try {
    return await ask(session);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether a failed look shows that the server is there, and only has no second connection for us. */
function answers(error: unknown): boolean {
  const codes: readonly string[] = ["too_many_connections", "login_refused", "permission_denied"];
  return error instanceof MigrateError && codes.includes(error.code);
}
