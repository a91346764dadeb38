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
  const base64 = btoa(String.fromCharCode(...new TextEncoder().encode(secret)));
  return [
    ...new Set([
      secret,
      encodeURIComponent(secret),
      encodeURIComponent(secret).replaceAll("'", "%27"),
      json,
      json.replaceAll("${", "$${"),
      secret.replaceAll("'", "''"),
      base64.replace(/=+$/, ""),
    ]),
  ];
}
