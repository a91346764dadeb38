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
/** Shorter texts would be found everywhere. */
const SHORTEST = 4;

/**
 * Makes a redactor for the given secrets. Each is found as it is and in every form that it takes on
 * its way: percent-encoded, quoted for JSON, Go, HCL and SQL, base64 also of a longer text. A secret
 * of under four characters would be found everywhere, so it hides each line that it occurs in.
 */
export function redactor(secrets: readonly string[]): Redactor {
  const given = secrets.flatMap((secret) => [secret, ...linesOf(secret)])
    .filter((secret) => secret !== "")
    .sort((a, b) => b.length - a.length);
  const isLong = (secret: string) => secret.length >= SHORTEST || secret.includes("\n");
  const long = given.filter(isLong).map((secret) => new RegExp(patternOf(secret), "g"));
  const short = given.filter((secret) => !isLong(secret))
    .map((secret) => new RegExp(patternOf(secret)));
  return {
    redact(text) {
      const result = long.reduce((rest, pattern) => rest.replace(pattern, MASK), text);
      if (short.length === 0) return result;
      return result.split("\n")
        .map((line) => short.some((pattern) => pattern.test(line)) ? MASK : line)
        .join("\n");
    },
  };
}

/** The lines of a secret of several, as a key: one may be shown without the others. */
function linesOf(secret: string): readonly string[] {
  if (!secret.trim().includes("\n")) return [];
  return secret.split(/\r?\n/).filter((line) => line.length >= 16 && !/^-+[A-Z ]+-+$/.test(line));
}

/** A pattern for all forms of a secret. */
function patternOf(secret: string): string {
  const quoted = [secret, ...quotingsOf(secret), ...jsonOf(secret)];
  // Our own JSON, and that of Atlas, may hold any of them.
  const forms = [...quoted, ...quoted.flatMap(jsonOf), ...base64Of(secret)];
  return [percentPattern(secret), ...new Set(forms.map(RegExp.escape))].join("|");
}

/** Encoders differ in which characters they leave as they are and in the case of the digits. */
function percentPattern(secret: string): string {
  return [...secret].map((character) => {
    const bytes = [...new TextEncoder().encode(character)];
    const escaped = bytes.map((byte) => `%${hexPattern(byte)}`).join("");
    const plus = character === " " ? "|\\+" : "";
    return `(?:${RegExp.escape(character)}|${escaped}${plus})`;
  }).join("");
}

/** A byte as hexadecimal digits in upper or lower case. */
function hexPattern(byte: number): string {
  const digits = byte.toString(16).padStart(2, "0");
  return digits.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}

function quotingsOf(secret: string): readonly string[] {
  return [
    // SQL, as '' and as E''
    secret.replaceAll("'", "''"),
    secret.replaceAll("\\", "\\\\").replaceAll("'", "''"),
    // HCL
    secret.replace(/["\\]/g, "\\$&").replace(/[$%](?=\{)/g, "$&$&").replace(/\p{Cc}/gu, unicode),
  ];
}

function jsonOf(text: string): readonly string[] {
  const json = JSON.stringify(text).slice(1, -1);
  // Go also escapes these.
  return [json, json.replace(/[<>&\u007f\u2028\u2029]/g, unicode)];
}

function unicode(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/**
 * What base64 makes of a secret, alone and among other bytes: behind one or two that fill the group of
 * three, and before any. Only what depends on the secret alone can be looked for there.
 */
function base64Of(secret: string): readonly string[] {
  const own = new TextEncoder().encode(secret);
  const whole = [0, 1, 2].flatMap((before) => {
    const bytes = [...Array<number>(before).fill(0), ...own];
    const first = Math.ceil(before * 8 / 6);
    const inner = btoa(String.fromCharCode(...bytes)).slice(
      first,
      Math.floor(bytes.length * 8 / 6),
    );
    return inner.length < SHORTEST ? [] : [inner];
  });
  const base64 = btoa(String.fromCharCode(...own));
  const forms = [base64, base64.replace(/=+$/, ""), ...whole];
  return [...forms, ...forms.map((form) => form.replaceAll("+", "-").replaceAll("/", "_"))];
}
