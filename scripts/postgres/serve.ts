// deno-lint-ignore-file no-console -- a script prints
import postgres from "postgres";
import { startPostgres } from "./server.ts";

/**
 * Starts a throwaway PostgreSQL with the empty database `genmigrate_dev`, prints where it is as one
 * line of JSON, and stops it when standard input ends: so it never outlives who asked for it.
 */
if (import.meta.main) {
  // Ctrl-C in a terminal reaches us too; whoever asked for the server says when it may go.
  Deno.addSignalListener("SIGINT", () => {});
  await using server = await startPostgres();
  const sql = postgres({
    host: server.host,
    port: server.port,
    user: server.user,
    database: "postgres",
    max: 1,
  });
  await sql.unsafe("create database genmigrate_dev");
  await sql.end();
  console.log(JSON.stringify({ host: server.host, port: server.port, user: server.user }));
  for await (const _ of Deno.stdin.readable);
}
