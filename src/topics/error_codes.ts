import { CODES } from "../errors.ts";
import { table, text, type Topic } from "./block.ts";

const ROWS = Object.entries(CODES).map(([code, [exit, meaning]]) => [code, String(exit), meaning]);

/** What the error codes mean. */
export const ERROR_CODES: Topic = {
  name: "errors",
  summary: "all error codes, with what they mean",
  blocks: [
    text("Code, exit code, meaning. Each error says itself what to do next."),
    table(["code", "exit", "meaning"], ROWS),
  ],
};

/** The explanation of one error code. */
export function errorTopic(code: string): Topic | undefined {
  const row = ROWS.find(([name]) => name === code);
  if (row === undefined) return undefined;
  const [, exit = "", meaning = ""] = row;
  const more = PLACES.find(([pattern]) => pattern.test(code))?.[1] ?? "recovery";
  return {
    name: code,
    summary: meaning,
    blocks: [
      text(`${code}: ${meaning}. Exit code ${exit}.`),
      text(`More: migrate help ${more}`),
    ],
  };
}

/** Where there is more to read. */
const PLACES: readonly (readonly [RegExp, string])[] = [
  [/^(?:vault_|identity_token|secret_file)/, "vault"],
  [/^(?:config_(?!pipe)|dsn_|connection_|socket_|host_|tls_|login_|not_postgres)/, "configuration"],
  [/^(?:usage|interrupted|internal|not_supported)$/, "exit-codes"],
];
