import { parseDuration } from "../../duration.ts";
import { didYouMean } from "../../did_you_mean.ts";
import { type Fault, faultsError } from "../faults.ts";

/** Environment variables read one by one; what is wrong with them is collected. */
export class Variables {
  readonly #env: Readonly<Record<string, string>>;
  readonly #faults: Fault[] = [];

  constructor(env: Readonly<Record<string, string>>) {
    this.#env = env;
  }

  /** The value of a variable; an empty one counts as unset. */
  text(name: string): string | undefined {
    return this.#env[name] || undefined;
  }

  /** The value of a secret, without the white space that files and pipes leave around it. */
  secret(name: string): string | undefined {
    const value = this.text(name)?.trim();
    if (value !== undefined && !/^[\x21-\x7e]*$/.test(value)) {
      this.fault(name, "holds characters that cannot be sent");
    }
    return value || undefined;
  }

  /** The value of a variable that must be set. */
  required(name: string, state = "is not set"): string {
    const value = this.text(name);
    if (value === undefined) this.fault(name, state);
    return value ?? "";
  }

  choice<Name extends string>(name: string, names: readonly Name[]): Name | undefined {
    const value = this.text(name);
    const found = names.find((known) => known === value);
    if (value !== undefined && found === undefined) {
      this.fault(
        name,
        `is "${value}": must be ${names.join(", ")}${didYouMean(value, names)}`,
      );
    }
    return found;
  }

  // What Go's strconv.ParseBool takes, as the official client does.
  boolean(name: string): boolean {
    const value = this.text(name);
    if (value === undefined || /^(?:0|f|F|false|FALSE|False)$/.test(value)) return false;
    if (!/^(?:1|t|T|true|TRUE|True)$/.test(value)) {
      this.fault(name, `is "${value}": must be true or false`);
    }
    return true;
  }

  number(name: string, options: { readonly from: number }): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const number = /^\d{1,9}$/.test(value) ? Number(value) : NaN;
    if (number >= options.from) return number;
    this.fault(name, `is "${value}": must be a whole number, ${options.from} or more`);
    return undefined;
  }

  /** A duration in milliseconds; a bare number is seconds, as in the official client. */
  duration(name: string): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const parsed = parseDuration(/^\d+$/.test(value) ? `${value}s` : value);
    if (typeof parsed === "number" && parsed > 0) return parsed;
    this.fault(name, `is "${value}": must be seconds above 0, or a duration as 60s`);
    return undefined;
  }

  fault(name: string, state: string): void {
    this.#faults.push({ key: name, state });
  }

  /** @throws {MigrateError} `config_invalid` with all that was wrong. */
  check(): void {
    if (this.#faults.length > 0) throw faultsError(this.#faults, "the environment");
  }
}
