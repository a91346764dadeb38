import { DATABASE_KEYS } from "./database_section.ts";
import { faultsError } from "./faults.ts";
import { MIGRATE_KEYS } from "./migrate_section.ts";
import { quoted } from "./quoted.ts";
import type { Field, Section, Sections } from "./section.ts";
import type { Vault, VaultOptions, VaultSettings } from "./vault/mod.ts";

/** The client of Vault, which most runs do without. */
const client = () => import("./vault/mod.ts");

/** What decides whether and how Vault is asked. */
export interface VaultSourceOptions extends VaultOptions {
  readonly env: Readonly<Record<string, string>>;
}

/** How Vault was used. */
export interface VaultUse {
  /** Where it is. */
  readonly address: string;
  /** How we logged in: `approle`. */
  readonly method: string;
  /** Whether anything was made for this run, to be revoked at its end. */
  readonly made: boolean;
}

/** Vault as a source of settings. It is logged in to when it is first needed. */
export class VaultSource implements AsyncDisposable {
  readonly #options: VaultSourceOptions;
  #vault: Promise<Vault> | undefined;
  #ended: Promise<void> | undefined;
  #used: { readonly settings: VaultSettings; readonly vault: Vault } | undefined;

  constructor(options: VaultSourceOptions) {
    this.#options = options;
  }

  /**
   * Reads our sections from the secret that `VAULT_PATH` names.
   *
   * @throws {MigrateError} `config_invalid` and the codes of `Vault.open` and `Vault.read`.
   */
  async readSections(): Promise<Sections> {
    const { cleanPath, sectionOf } = await client();
    const text = this.#options.env["VAULT_PATH"] ?? "";
    const path = cleanPath(text);
    if (path === undefined) {
      const state = text === ""
        ? "is not set: which secret? Write secret/hotpot/config"
        : `is ${quoted(text)}: must be a path such as secret/hotpot/config`;
      throw faultsError([{ key: "VAULT_PATH", state }], "the environment");
    }
    const secret = await (await this.#open()).read({ path, setting: "VAULT_PATH" });
    const database = sectionOf(secret, "database");
    const migrate = sectionOf(secret, "migrate");
    const source = `Vault ${path}`;
    return {
      database: database.section,
      migrate: migrate.section ?? new Map(),
      others: [...secret.keys()],
      source,
      folder: ".",
      warnings: [...database.warnings, ...migrate.warnings].map((text) => `${source}: ${text}`),
    };
  }

  /**
   * Puts what is in Vault where a field of ours says `vault://path#field`. A reference that leads
   * nowhere becomes a field that cannot be used, to be told with all other faults.
   *
   * @throws {MigrateError} the codes of `Vault.open` and `Vault.read`.
   */
  async resolve(sections: Sections): Promise<Sections> {
    const { database, migrate } = sections;
    return {
      ...sections,
      database: database &&
        await this.#resolveSection(database, { name: "database", keys: DATABASE_KEYS }),
      migrate: await this.#resolveSection(migrate, { name: "migrate", keys: MIGRATE_KEYS }),
    };
  }

  /** The sections without what `VAULT_DB_CREDS` will give, so that they can be checked before. */
  expectLogin(sections: Sections): Sections {
    if (!this.#makesLogin || sections.database === undefined) return sections;
    const database = new Map(sections.database);
    database.delete("password");
    database.delete("password_file");
    database.set("user", { text: "from Vault" });
    return { ...sections, database };
  }

  /**
   * Has Vault make a user of the database, if `VAULT_DB_CREDS` says so.
   *
   * @throws {MigrateError} `config_invalid` and the codes of `Vault.databaseLogin`.
   */
  async databaseLogin(
    role: string | undefined,
  ): Promise<{ readonly user: string; readonly password: string } | undefined> {
    if (!this.#makesLogin) return undefined;
    const { cleanPath } = await client();
    const text = this.#options.env["VAULT_DB_CREDS"] ?? "";
    const path = cleanPath(text);
    if (path === undefined) {
      const state = `is ${quoted(text)}: must be a path such as database/creds/hotpot`;
      throw faultsError([{ key: "VAULT_DB_CREDS", state }], "the environment");
    }
    const { lease, password, user } = await (await this.#open()).databaseLogin(path);
    if (lease !== undefined && role === undefined) {
      this.#options.warn(
        "database.role is not set: what the migrations create belongs to a user that Vault removes; set it to the owner",
      );
    }
    return { user, password };
  }

  /** Revokes all that was made for this run, once. */
  end(): Promise<void> {
    return this.#ended ??= this.#end();
  }

  /** How Vault was used; nothing if it was not. */
  get used(): VaultUse | undefined {
    if (this.#used === undefined) return undefined;
    const { settings: { address, login }, vault } = this.#used;
    return {
      address: address.socketPath ?? address.url.origin,
      method: login.method,
      made: vault.made,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }

  async #end(): Promise<void> {
    const vault = await this.#vault?.catch(() => undefined);
    await vault?.[Symbol.asyncDispose]();
  }

  get #makesLogin(): boolean {
    return (this.#options.env["VAULT_DB_CREDS"] ?? "") !== "";
  }

  #open(): Promise<Vault> {
    this.#vault ??= this.#logIn();
    return this.#vault;
  }

  async #logIn(): Promise<Vault> {
    const { env, learn, warn } = this.#options;
    const { readVaultSettings, Vault } = await client();
    for (const name of SECRET_VARIABLES) {
      const value = env[name]?.trim();
      if (value) learn(value);
    }
    const settings = readVaultSettings(env);
    for (const password of settings.proxy.passwords) learn(password);
    for (const warning of settings.warnings) warn(warning);
    const vault = await Vault.open(settings, this.#options);
    this.#used = { settings, vault };
    return vault;
  }

  async #resolveSection(
    section: Section,
    { keys, name }: { readonly name: string; readonly keys: readonly string[] },
  ): Promise<Section> {
    const resolved = new Map<string, Field>();
    for (const [key, field] of section) {
      // What is not ours may refer to what we may not read.
      const refers = field.text.startsWith(SCHEME) && keys.includes(key);
      resolved.set(key, refers ? await this.#follow(field, `${name}.${key}`) : field);
    }
    return resolved;
  }

  /** The field that a reference leads to. */
  async #follow(field: Field, setting: string): Promise<Field> {
    const place = field.place === undefined ? {} : { place: field.place };
    const wrong = (state: string): Field => ({ text: "", wrong: state, ...place });
    const [, target = "", name = ""] = /^([^#]*)#(.+)$/.exec(field.text.slice(SCHEME.length)) ?? [];
    const { cleanPath, fieldOf } = await client();
    const path = cleanPath(target);
    if (path === undefined || name === "") {
      return wrong("must be a reference as vault://secret/hotpot/db#password");
    }
    const secret = await (await this.#open()).read({ path, setting });
    const value = secret.get(name);
    if (Array.isArray(value)) return { ...fieldOf(value), ...place };
    if (value === undefined || value === null || typeof value === "object") {
      const names = [...secret.keys()].map((each) => quoted(each)).join(", ");
      return wrong(
        `is ${quoted(field.text)}: that secret has no value ${quoted(name)}; it has ${
          names || "none"
        }`,
      );
    }
    return { text: String(value), hidden: true, ...place };
  }
}

const SCHEME = "vault://";

const SECRET_VARIABLES = [
  "VAULT_TOKEN",
  "VAULT_SECRET_ID",
  "VAULT_JWT",
  "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
];
