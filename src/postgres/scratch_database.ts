import { lockKey } from "./lock.ts";
import { identifier } from "./quote.ts";
import { toRefusal } from "./refusal.ts";
import { ServerError } from "./server_error.ts";
import type { Session } from "./session.ts";

/**
 * Creates an empty database beside the one of the session and returns its name. A lock says that its
 * run lives, for as long as the session does.
 *
 * @throws {ServerError} without the right to create it.
 * @throws {MigrateError} `database_error` when the server refuses it for another reason.
 */
export async function createScratch(session: Session): Promise<string> {
  const name = scratchName(session.facts.database, crypto.randomUUID().slice(0, 8));
  // Locks are those of the database that a session is connected to, so they tell our runs alone.
  await session.query(`select pg_advisory_lock(${lockKey(name)})`);
  try {
    // Nobody can be connected to template0, nor has anybody put something into it.
    await session.run(`create database ${identifier(name)} template template0`);
  } catch (error) {
    if (error instanceof ServerError && error.sqlstate === "42501") throw error;
    throw toRefusal(error, "create a scratch database");
  }
  return name;
}

/** Drops a scratch database, whoever is still in it. */
export async function dropScratch(session: Session, name: string): Promise<void> {
  // What the connection cannot do any more, the next run does.
  if (session.lost) return;
  await session.run(`drop database if exists ${identifier(name)} with (force)`);
}

/** Drops the scratch databases of this database whose runs have ended without doing so. */
export async function dropAbandoned(session: Session): Promise<void> {
  const rows = await session.query("select datname as name from pg_database");
  const names = rows.map((row) => String(row["name"]));
  for (const name of names.filter((one) => isScratchName(one, session.facts.database))) {
    const key = lockKey(name);
    const [taken] = await session.query(`select pg_try_advisory_lock(${key}) as free`);
    if (taken?.["free"] !== true) continue;
    try {
      await dropScratch(session, name);
    } catch (error) {
      // Made by another role: not ours to drop.
      if (!(error instanceof ServerError)) throw error;
    } finally {
      if (!session.lost) await session.query(`select pg_advisory_unlock(${key})`);
    }
  }
}

/**
 * The name of a scratch database of another one. A name has 63 bytes at most, so a long one is cut;
 * what tells ours from those of databases that begin alike, and from what people call theirs, is a
 * check over the whole name.
 */
function scratchName(database: string, random: string): string {
  let stem = database.replace(/_dev$/, "");
  while (new TextEncoder().encode(stem).length > 24) stem = [...stem].slice(0, -1).join("");
  const check = lockKey(`${database} ${random}`).toString(16).padStart(8, "0");
  return `${stem}_scratch_${random}${check}_dev`;
}

function isScratchName(name: string, database: string): boolean {
  const random = /_scratch_([0-9a-f]{8})[0-9a-f]{8}_dev$/.exec(name)?.[1];
  return random !== undefined && name === scratchName(database, random);
}
