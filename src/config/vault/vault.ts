import { MigrateError } from "../../errors.ts";
import { type Answer, type Fields, secondsOf } from "./answer.ts";
import { Client } from "./client.ts";
import { type DatabaseLogin, readDatabaseLogin } from "./database_login.ts";
import { type KvAccess, readSecret, type Wanted } from "./kv.ts";
import { isDenial, policyLine } from "./kv_refusal.ts";
import { logIn, type Token } from "./login.ts";
import { statusText } from "./refusal.ts";
import { Renewal } from "./renewal.ts";
import type { VaultSettings } from "./settings.ts";
import { readTls } from "./tls.ts";

/** What a connection to Vault needs from the run. */
export interface VaultOptions {
  readonly signal: AbortSignal;
  readonly redact: (text: string) => string;
  /** Told of every secret that is met. */
  readonly learn: (secret: string) => void;
  /** Told of what goes wrong later, and does not end the run. */
  readonly warn: (text: string) => void;
}

/** How long the end of a run may take, also of one that was told to stop. */
const END_MS = 10_000;

/** A Vault that we have logged in to. Disposing of it revokes all that was made for us. */
export class Vault implements AsyncDisposable {
  readonly #client: Client;
  readonly #token: Token;
  readonly #settings: VaultSettings;
  readonly #options: VaultOptions;
  readonly #secrets = new Map<string, Fields>();
  readonly #leases: string[] = [];
  readonly #renewals: Renewal[] = [];
  #making: Promise<DatabaseLogin> | undefined;

  private constructor(
    parts: { readonly client: Client; readonly token: Token; readonly settings: VaultSettings },
    options: VaultOptions,
  ) {
    this.#client = parts.client;
    this.#token = parts.token;
    this.#settings = parts.settings;
    this.#options = options;
  }

  /** Logs in. @throws {MigrateError} the codes of `logIn` and `readTls`. */
  static async open(settings: VaultSettings, options: VaultOptions): Promise<Vault> {
    const { learn, redact, signal, warn } = options;
    const tls = await readTls(settings.tls, warn);
    if (tls.key !== undefined) learn(tls.key);
    const client = new Client({ ...settings, tls, signal, redact, warn });
    const token = await logIn(settings.login, { client, signal, learn });
    const vault = new Vault({ client, token, settings }, options);
    if (token.ours && token.renewable) vault.#keepToken();
    return vault;
  }

  /** Whether anything was made for this run so far: a token, a user of the database. */
  get made(): boolean {
    return this.#token.ours || this.#leases.length > 0;
  }

  /** Reads a secret; a second read of the same path is answered from the first. */
  async read(wanted: Wanted): Promise<Fields> {
    const known = this.#secrets.get(wanted.path);
    if (known !== undefined) return known;
    const secret = await readSecret(this.#access, wanted);
    this.#secrets.set(wanted.path, secret);
    return secret;
  }

  /** Has the database engine make a user, which lives until this is disposed of. */
  async databaseLogin(path: string): Promise<DatabaseLogin> {
    const login = await (this.#making = readDatabaseLogin(this.#access, path));
    this.#options.learn(login.password);
    const { lease } = login;
    if (lease !== undefined) {
      this.#leases.push(lease.id);
      if (lease.renewable) this.#keepLease(lease.id, lease.lifeMs);
    }
    return login;
  }

  /** Ends the renewals and revokes leases and the token, as far as they were made for this run. */
  async [Symbol.asyncDispose](): Promise<void> {
    // A user that is just being made is to be revoked as well.
    await this.#making?.catch(() => {});
    for (const renewal of this.#renewals) renewal[Symbol.dispose]();
    // The signal of the run may have fired, and this has to be done all the same.
    const signal = AbortSignal.timeout(END_MS);
    const left: string[] = [];
    for (const id of this.#leases.toReversed()) {
      if (!await this.#revokeLease(id, signal)) left.push(id);
    }
    const gone = this.#token.ours && await this.#revokeToken(signal);
    // A lease falls with its token.
    if (!gone && left.length > 0) {
      this.#options.warn(notEnded(refused("revoke the database user in Vault", LEASE_DENIED)));
    }
  }

  get #access(): KvAccess {
    return { client: this.#client, token: this.#token.text, kv: this.#settings.kv };
  }

  #keepToken(): void {
    const { lifeMs, text } = this.#token;
    const doing = "renew the token in Vault";
    const renew = async () => {
      const answer = await this.#client.call({
        method: "POST",
        path: "auth/token/renew-self",
        body: {},
        doing,
        token: text,
      });
      if (answer.status !== 200) {
        throw refused(doing, stateOf(answer, "auth/token/renew-self"));
      }
      return secondsOf(answer.auth, "lease_duration");
    };
    const { warn } = this.#options;
    this.#renewals.push(new Renewal({ name: "the token of Vault", lifeMs, renew, warn }));
  }

  #keepLease(id: string, lifeMs: number): void {
    const doing = "renew the database user in Vault";
    const renew = async () => {
      const answer = await this.#client.call({
        method: "POST",
        path: "sys/leases/renew",
        body: { lease_id: id, increment: Math.ceil(lifeMs / 1000) },
        doing,
        token: this.#token.text,
      });
      if (answer.status !== 200) throw refused(doing, stateOf(answer, "sys/leases/renew"));
      return secondsOf(answer.document, "lease_duration");
    };
    const { warn } = this.#options;
    this.#renewals.push(new Renewal({ name: "the database user of Vault", lifeMs, renew, warn }));
  }

  /** Returns false if it has to fall with its token, because that may not end it alone. */
  async #revokeLease(id: string, signal: AbortSignal): Promise<boolean> {
    let denied = false;
    await this.#end("revoke the database user in Vault", async (doing) => {
      const answer = await this.#client.call({
        method: "POST",
        path: "sys/leases/revoke",
        // Waits until the user is gone, so that we hear of it if it cannot be removed.
        body: { lease_id: id, sync: true },
        doing,
        token: this.#token.text,
        signal,
        maxRetries: 1,
      });
      denied = answer.status === 403;
      if (answer.status >= 300 && !denied) throw refused(doing, statusText(answer));
    });
    return !denied;
  }

  /** Returns whether it is gone. */
  async #revokeToken(signal: AbortSignal): Promise<boolean> {
    return await this.#end("revoke the token in Vault", async (doing) => {
      const answer = await this.#client.call({
        method: "POST",
        path: "auth/token/revoke-self",
        body: {},
        doing,
        token: this.#token.text,
        signal,
      });
      // Vault knows it no more: it has expired, or was used as often as it may be.
      if (answer.status === 403 && !isDenial(answer)) return;
      if (answer.status >= 300) throw refused(doing, stateOf(answer, "auth/token/revoke-self"));
    });
  }

  /** Does one thing of the end, and tells whether it worked: a failure must not hide how the run ended. */
  async #end(doing: string, act: (doing: string) => Promise<void>): Promise<boolean> {
    try {
      await act(doing);
      return true;
    } catch (error) {
      const timedOut = error instanceof MigrateError && error.code === "interrupted";
      this.#options.warn(
        notEnded(timedOut ? refused(doing, `no answer within ${END_MS / 1000} s`) : error),
      );
      return false;
    }
  }
}

/** What Vault says of a call on what it has made; with the policy line that is missing, if one is. */
function stateOf(answer: Answer, path: string): string {
  return isDenial(answer)
    ? `the token's policies do not allow it; add to one of them: ${policyLine(path, "update")}`
    : statusText(answer);
}

const LEASE_DENIED = `the token's policies do not allow it; add to one of them: ${
  policyLine("sys/leases/revoke", "update")
}`;

function notEnded(error: unknown): string {
  return `${
    error instanceof Error ? error.message : String(error)
  }; it ends by itself when its time is over`;
}

function refused(doing: string, state: string): MigrateError {
  return new MigrateError("vault_failed", `Cannot ${doing}: ${state}`, {
    hint: "See Vault's log; what was made for this run ends when its lease is over",
  });
}
