import { encode } from "./dsn.ts";

/** Hides the secrets of a run in texts that come from children, drivers and servers. */
export interface Redactor {
  readonly redact: (text: string) => string;
}

/** The secrets of a run, as they become known. */
export class Secrets implements Redactor {
  readonly #known = new Set<string>();
  #redactor: Redactor = redactor([]);

  /** Adds a secret; from now on it is hidden. */
  readonly learn = (secret: string): void => {
    if (this.#known.has(secret)) return;
    this.#known.add(secret);
    this.#redactor = redactor(this.all);
  };

  readonly redact = (text: string): string => this.#redactor.redact(text);

  get all(): readonly string[] {
    return [...this.#known];
  }
}

const MASK = "****";

/**
 * Makes a redactor for the given secrets. Each is found as it is and in every form that it takes on
 * its way: percent-encoded, quoted for JSON, Go, HCL and SQL, base64. A secret of under four
 * characters would be found everywhere, so it hides each line that it occurs in.
 */
export function redactor(secrets: readonly string[]): Redactor {
  const given = secrets.filter((secret) => secret !== "");
  const long = [...new Set(given.filter((secret) => secret.length >= 4).flatMap(formsOf))]
    .filter((form) => form.length >= 4)
    .sort((a, b) => b.length - a.length);
  const short = [...new Set(given.filter((secret) => secret.length < 4))];
  return {
    redact(text) {
      let result = text;
      for (const form of long) result = result.replaceAll(form, MASK);
      if (short.length === 0) return result;
      return result.split("\n").map((line) =>
        short.some((secret) => line.includes(secret)) ? MASK : line
      ).join("\n");
    },
  };
}

function formsOf(secret: string): readonly string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  // Half a surrogate pair has no percent-encoding; JSON may hold one all the same.
  const whole = secret.toWellFormed();
  const percent = encode(whole);
  const bytes = new TextEncoder().encode(secret);
  const base64 = btoa(String.fromCharCode(...bytes));
  return [
    secret,
    percent,
    percent.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()),
    encodeURIComponent(whole),
    encodeURI(whole),
    percent.replaceAll("%20", "+"),
    json,
    // Go's JSON also escapes these.
    json.replace(/[<>&]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`),
    secret.replaceAll("'", "''"),
    secret.replaceAll("\\", "\\\\").replaceAll("'", "''"),
    secret.replace(/[$%](?=\{)/g, "$&$&"),
    json.replace(/[$%](?=\{)/g, "$&$&"),
    base64,
    base64.replace(/=+$/, ""),
  ];
}
