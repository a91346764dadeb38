import { join } from "node:path";
import { type PostgresServer, startPostgres } from "../../scripts/postgres/server.ts";
import type { Database } from "../../src/database.ts";
import type { Session } from "../../src/postgres/session.ts";
import { databaseAt, openSession } from "./postgres.ts";

/** A primary and a replica that streams from it, gone at the end of the scope. */
export interface Pair extends AsyncDisposable {
  readonly primary: Database;
  readonly replica: Database;
  /** Waits until the replica has all that the primary has by now. */
  catchUp(): Promise<void>;
}

/** Starts a server, and a second one from a base backup of it, which then streams. */
export async function startReplica(): Promise<Pair> {
  await using stack = new AsyncDisposableStack();
  const first = stack.use(
    await startPostgres({ access: ["host replication all 127.0.0.1/32 trust"] }),
  );
  const admin = stack.use(await openSession(at(first)));
  const second = stack.use(
    await startPostgres({ fill: (data) => backUp(admin, { from: first, to: data }) }),
  );
  const servers = stack.move();
  return {
    primary: at(first),
    replica: at(second),
    async catchUp() {
      // The server commits before it has written.
      await admin.run("checkpoint");
      const [row] = await admin.query("select pg_current_wal_flush_lsn()::text as lsn");
      await using session = await openSession(at(second));
      const there = `select pg_last_wal_replay_lsn() >= '${row?.["lsn"]}' as there`;
      while ((await session.query(there))[0]?.["there"] !== true);
    },
    [Symbol.asyncDispose]: () => servers[Symbol.asyncDispose](),
  };
}

/** https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-LOWLEVEL-BASE-BACKUP */
async function backUp(
  session: Session,
  { from, to }: { readonly from: PostgresServer; readonly to: string },
): Promise<void> {
  await session.query("select pg_backup_start('replica', true)");
  await copy(join(from.socket, "data"), to);
  const [row] = await session.query("select labelfile from pg_backup_stop(false)");
  await Deno.writeTextFile(join(to, "backup_label"), String(row?.["labelfile"]));
  await Deno.writeTextFile(join(to, "standby.signal"), "");
  await Deno.writeTextFile(
    join(to, "postgresql.auto.conf"),
    `primary_conninfo = 'host=${from.host} port=${from.port} user=${from.user}'\n`,
  );
}

async function copy(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { mode: 0o700 });
  for await (const { isDirectory, name } of Deno.readDir(from)) {
    if (name === "postmaster.pid" || name === "postmaster.opts") continue;
    const [source, target] = [join(from, name), join(to, name)];
    if (isDirectory) await copy(source, target);
    // While it is copied the server goes on, and what it removes is not needed.
    else await Deno.copyFile(source, target).catch(() => {});
  }
}

function at({ host, port }: PostgresServer): Database {
  return databaseAt("postgres", { host, port });
}
