import { type Fault, faultsError } from "./faults.ts";
import type { Field, Section, Sections } from "./section.ts";
import { cleanPath, readVaultSettings, sectionOf, Vault, type VaultOptions } from "./vault/mod.ts";

/** What decides whether and how Vault is asked. */
export interface VaultSourceOptions extends VaultOptions {
  readonly env: Readonly<Record<string, string>>;
}

/** Vault as a source of settings. It is logged in to when it is first needed. */
export class VaultSource implements AsyncDisposable {
  readonly #options: VaultSourceOptions;
  #vault: Promise<Vault> | undefined;

  constructor(options: VaultSourceOptions) {
    this.#options = options;
  }

  /**
   * Reads our sections from the secret that `VAULT_PATH` names.
   *
   * @throws {MigrateError} `config_invalid` and the codes of `Vault.open` and `Vault.read`.
   */
  async readSections(): Promise<Sections> {
    const text = this.#options.env["VAULT_PATH"] ?? "";
    const path = cleanPath(text);
    if (path === undefined) {
      const state = text === ""
        ? "is not set: which secret? Write secret/hotpot/config"
        : `is "${text}": must be a path such as secret/hotpot/config`;
      throw faultsError([{ key: "VAULT_PATH", state }], "the environment");
    }
    const secret = await (await this.#open()).read(path);
    const database = sectionOf(secret, "database");
    const migrate = sectionOf(secret, "migrate");
    const source = `Vault ${path}`;
    return {
      database: database.section,
      migrate: migrate.section ?? new Map(),
      source,
      folder: ".",
      warnings: [...database.warnings, ...migrate.warnings].map((text) => `${source}: ${text}`),
    };
  }

  /**
   * Puts what is in Vault where a field says `vault://path#field`.
   *
   * @throws {MigrateError} `config_invalid` with every reference that leads nowhere.
   */
  async resolve(sections: Sections): Promise<Sections> {
    const faults: Fault[] = [];
    const database = await this.#resolveSection(sections.database, { name: "database", faults });
    const migrate = await this.#resolveSection(sections.migrate, { name: "migrate", faults });
    if (faults.length > 0) throw faultsError(faults, sections.source);
    return { ...sections, database, migrate: migrate ?? sections.migrate };
  }

  /** The sections as they are once `VAULT_DB_CREDS` has given user and password: to be checked first. */
  expectLogin(sections: Sections): Sections {
    if (!this.#makesLogin || sections.database === undefined) return sections;
    const database = new Map(sections.database);
    database.delete("password_file");
    database.set("user", { text: "from Vault" });
    database.set("password", { text: "from Vault", hidden: true });
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
    const text = this.#options.env["VAULT_DB_CREDS"] ?? "";
    const path = cleanPath(text);
    if (path === undefined) {
      const state = `is "${text}": must be a path such as database/creds/hotpot`;
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

  /** Revokes all that was made for this run. */
  async [Symbol.asyncDispose](): Promise<void> {
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
    for (const name of SECRET_VARIABLES) {
      const value = env[name]?.trim();
      if (value) learn(value);
    }
    const settings = readVaultSettings(env);
    for (const password of settings.proxy.passwords) learn(password);
    for (const warning of settings.warnings) warn(warning);
    return await Vault.open(settings, this.#options);
  }

  async #resolveSection(
    section: Section | undefined,
    context: { readonly name: string; readonly faults: Fault[] },
  ): Promise<Section | undefined> {
    if (section === undefined) return undefined;
    const resolved = new Map<string, Field>();
    for (const [key, field] of section) {
      const value = field.text.startsWith(SCHEME) ? await this.#follow(field) : field;
      if (typeof value !== "string") resolved.set(key, value);
      else {
        const place = field.place === undefined ? {} : { place: field.place };
        context.faults.push({ key: `${context.name}.${key}`, state: value, ...place });
      }
    }
    return resolved;
  }

  /** The field that a reference leads to, or what is wrong with it. */
  async #follow(field: Field): Promise<Field | string> {
    const [, target = "", name = ""] = /^([^#]*)#(.+)$/.exec(field.text.slice(SCHEME.length)) ?? [];
    const path = cleanPath(target);
    if (path === undefined || name === "") {
      return `is "${field.text}": must be as vault://secret/hotpot/db#password`;
    }
    const secret = await (await this.#open()).read(path);
    const value = secret.get(name);
    if (value === undefined || value === null || typeof value === "object") {
      const names = [...secret.keys()].map((each) => `"${each}"`).join(", ");
      return `is "${field.text}": that secret has no value "${name}"; it has ${names || "none"}`;
    }
    return {
      text: String(value),
      hidden: true,
      ...(field.place === undefined ? {} : { place: field.place }),
    };
  }
}

const SCHEME = "vault://";

const SECRET_VARIABLES = [
  "VAULT_TOKEN",
  "VAULT_SECRET_ID",
  "VAULT_JWT",
  "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
];
