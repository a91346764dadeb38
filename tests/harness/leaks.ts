import { join } from "node:path";
import { type PostgresServer, startPostgres } from "../../scripts/postgres/server.ts";

/** What is planted, with everything in it that some form of writing changes. */
export const PASSWORD = `planted'pass"word/1%\\\${x} ü`;
export const TOKEN = "planted-token-of-the-test";
export const SECRET_ID = "planted-secret-id-of-the-test";

/** A server that writes down all it is asked. */
export async function startLoggedPostgres(): Promise<
  PostgresServer & { readonly log: () => Promise<string> }
> {
  let root = "";
  const server = await startPostgres({
    settings: ["log_statement = 'all'", "log_connections = on", "log_min_messages = debug1"],
    prepare: (folder) => {
      root = folder;
      return Promise.resolve();
    },
  });
  return { ...server, log: () => Deno.readTextFile(join(root, "data", "server.log")) };
}

/** A secret in every form in which it might be written down somewhere. */
export function formsOf(secret: string): readonly string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const percent = encodeURIComponent(secret);
  return [
    ...new Set([
      secret,
      percent,
      percent.replaceAll("'", "%27"),
      percent.replace(/%../g, (digits) => digits.toLowerCase()),
      json,
      json.replaceAll("${", "$${"),
      secret.replaceAll("'", "''"),
      ...[0, 1, 2].map((shift) => base64Within(secret, shift)),
    ]),
  ];
}

/** What base64 makes of a secret behind so many other bytes, as far as it depends on it alone. */
function base64Within(secret: string, shift: number): string {
  const bytes = new Uint8Array([...Array(shift).fill(0), ...new TextEncoder().encode(secret)]);
  const whole = Math.floor(bytes.length * 8 / 6);
  return btoa(String.fromCharCode(...bytes)).slice([0, 2, 3][shift], whole);
}
