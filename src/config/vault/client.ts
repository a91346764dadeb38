import { interrupted, MigrateError } from "../../errors.ts";
import { encodePath, type VaultAddress } from "./address.ts";
import { type Answer, noAnswer, parseAnswer } from "./answer.ts";
import { BrokenAnswer, type HttpAnswer } from "./http_answer.ts";
import { Limit } from "./limit.ts";
import { proxyFor, type ProxySettings } from "./proxy.ts";
import { followRedirect } from "./redirect.ts";
import {
  type Asked,
  networkRefusal,
  serverRefusal,
  standbyRefusal,
  timeoutRefusal,
} from "./refusal.ts";
import { backoffMs, retryAfterMs, sleep, worthRepeating } from "./retry.ts";
import { askAlong } from "./route.ts";
import type { Tls } from "./tls.ts";

/** How the client reaches Vault. */
export interface ClientOptions {
  readonly address: VaultAddress;
  readonly namespace: string | undefined;
  readonly proxy: ProxySettings;
  readonly tls: Tls;
  readonly timeoutMs: number;
  readonly maxRetries: number;
  readonly signal: AbortSignal;
  /** Hides secrets in what Vault says. */
  readonly redact: (text: string) => string;
  /** Told of what Vault warns of. */
  readonly warn: (text: string) => void;
}

/** One call of Vault's API. */
export interface Call {
  readonly method: "GET" | "POST" | "PUT";
  /** Below `/v1/`, not encoded. */
  readonly path: string;
  readonly query?: string;
  readonly body?: Readonly<Record<string, unknown>>;
  /** For errors, to be read behind "Cannot": `read "secret/hotpot/config" from Vault`. */
  readonly doing: string;
  readonly token?: string | undefined;
  /**
   * Whether the answer holds something made for us, as a token. It would stay behind if its answer
   * were lost: so such a call is let finish when the program is told to stop, and not sent again
   * unless Vault surely did nothing.
   */
  readonly makes?: true;
  /** Instead of the signal of the run: for what is done when that has fired. */
  readonly signal?: AbortSignal;
  /** Instead of the number of retries that is set. */
  readonly maxRetries?: number;
}

/** How long a call that makes something may go on once the program was told to stop. */
const GRACE_MS = 5_000;
const HEALTH_MS = 5_000;

/** Vault's REST API: calls with retries, a limit of time, and errors with remedies. */
export class Client {
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /**
   * Makes a call, again if need be, and returns an answer below 500, whatever it says.
   *
   * @throws {MigrateError} `vault_unreachable`, `vault_timeout`, `vault_tls`, `vault_redirect`,
   * `vault_answer`, `vault_sealed`, `vault_not_initialized`, `vault_standby`, `vault_rate_limit`,
   * `vault_failed`; `interrupted` when the signal fires first.
   */
  async call(call: Call): Promise<Answer> {
    const { maxRetries, timeoutMs } = this.#options;
    const signal = call.signal ?? this.#options.signal;
    if (signal.aborted) throw stopped();
    using limit = new Limit(timeoutMs, { signal, graceMs: call.makes ? GRACE_MS : 0 });
    for (let attempt = 0;; attempt++) {
      const last = attempt >= (call.maxRetries ?? maxRetries);
      const outcome = await this.#attempt(call, limit.signal);
      const { answer } = outcome;
      if (answer !== undefined && answer.status < 500 && !outcome.repeat) {
        if (answer.status < 300) {
          for (const text of answer.warnings) this.#options.warn(`Vault: ${text}`);
        }
        return answer;
      }
      if (signal.aborted) throw stopped();
      const asked = this.#asked(call);
      if (limit.over) throw timeoutRefusal(asked, timeoutMs);
      const waitMs = outcome.waitMs ?? backoffMs(attempt);
      const { redirect } = outcome;
      // A standby that cannot pass a call on may be able to once a new node is active.
      if (redirect !== undefined && !await this.#isStandby(limit.signal)) throw redirect;
      if (last || !outcome.repeat || waitMs > limit.leftMs) {
        if (redirect !== undefined) throw standbyRefusal(redirect, asked);
        if (answer === undefined) throw networkRefusal(outcome.error, asked);
        throw serverRefusal(answer, asked, await this.#health(limit.signal));
      }
      await sleep(waitMs, signal);
      if (signal.aborted) throw stopped();
    }
  }

  #asked(call: Call): Asked {
    const { address: { socketPath, url, variable }, redact } = this.#options;
    return { doing: call.doing, address: socketPath ?? url.origin, variable, redact };
  }

  async #attempt(call: Call, signal: AbortSignal): Promise<Outcome> {
    let sent = false;
    try {
      const raw = await this.#send(call, { signal, onSent: () => sent = true });
      const answer = this.#read(raw, call);
      const repeat = worthRepeating(raw.status, call);
      return { answer, repeat, waitMs: retryAfterMs(raw.retryAfter) };
    } catch (error) {
      if (error instanceof MigrateError) {
        if (error.code !== "vault_redirect") throw error;
        return { redirect: error, repeat: true };
      }
      // A server that is too talkative would be so again.
      const lasting = error instanceof BrokenAnswer && /larger/.test(error.message);
      const isTls = networkRefusal(error, this.#asked(call)).code === "vault_tls";
      return { error, repeat: !lasting && !isTls && (!sent || call.makes === undefined) };
    }
  }

  /** Sends a request, and once more if the answer points elsewhere on the same host. */
  async #send(
    call: Call,
    options: { readonly signal: AbortSignal; readonly onSent: () => void },
  ): Promise<HttpAnswer> {
    const { address, proxy, tls } = this.#options;
    const { signal, onSent } = options;
    const first = new URL(
      `/v1/${encodePath(call.path)}${call.query === undefined ? "" : `?${call.query}`}`,
      address.url,
    );
    const go = (url: URL) =>
      askAlong(
        {
          url,
          tls,
          ...(address.socketPath === undefined ? {} : { socketPath: address.socketPath }),
          proxy: address.socketPath === undefined ? proxyFor(proxy, url) : undefined,
        },
        { request: this.#request(call), signal, onSent },
      );
    const answer = await go(first);
    const next = followRedirect(answer, { from: first, asked: this.#asked(call) });
    if (next === undefined) return answer;
    const second = await go(next);
    followRedirect(second, { from: next, asked: this.#asked(call), again: true });
    return second;
  }

  #request({ body, method, token }: Call) {
    const { namespace } = this.#options;
    return {
      method,
      headers: {
        // Agents and proxies may demand it, against requests forged in a browser.
        "x-vault-request": "true",
        accept: "application/json",
        ...(token === undefined ? {} : { "x-vault-token": token }),
        ...(namespace === undefined ? {} : { "x-vault-namespace": namespace }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
  }

  #read(raw: HttpAnswer, call: Call): Answer {
    const answer = parseAnswer(raw.status, raw.bytes);
    if (!("fault" in answer)) {
      const { redact } = this.#options;
      return {
        ...answer,
        errors: answer.errors.map(redact),
        warnings: answer.warnings.map(redact),
      };
    }
    // Something before Vault, as a load balancer, speaks for itself.
    if (raw.status >= 500 || raw.status === 429 || raw.status === 412) return noAnswer(raw.status);
    const { doing, address, variable } = this.#asked(call);
    throw new MigrateError("vault_answer", `Cannot ${doing}: ${answer.fault} (${address})`, {
      hint: `Check that ${variable} is the address of Vault`,
    });
  }

  async #isStandby(signal: AbortSignal): Promise<boolean> {
    return (await this.#health(signal))?.document.get("standby") === true;
  }

  /** What Vault says of itself; nothing if it says nothing. */
  async #health(signal: AbortSignal): Promise<Answer | undefined> {
    const call: Call = { method: "GET", path: "sys/health", doing: "ask Vault how it is" };
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(HEALTH_MS)]);
      const outcome = await new Client({ ...this.#options, namespace: undefined }).#attempt(
        call,
        limit,
      );
      return outcome.answer;
    } catch {
      // It only makes an error plainer.
      return undefined;
    }
  }
}

interface Outcome {
  readonly answer?: Answer;
  readonly error?: unknown;
  /** Why the answer, which leads elsewhere, must not be followed. */
  readonly redirect?: MigrateError;
  readonly repeat: boolean;
  readonly waitMs?: number | undefined;
}

function stopped(): MigrateError {
  return interrupted("Stopped while talking to Vault");
}
