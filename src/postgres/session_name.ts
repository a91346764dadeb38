/**
 * The columns of a query that describe a session `a` of `pg_stat_activity`, for `describeSession`;
 * `since` is an expression for a time.
 */
export function sessionColumns(since: string): string {
  // A role sees of others' sessions no more than the process, the role and the name:
  // https://www.postgresql.org/docs/current/monitoring-stats.html
  return `a.application_name as name, a.usename as owner, current_user as reader,
    a.backend_start is null as hidden,
    coalesce(host(a.client_addr), 'a local socket') as address,
    to_char(${since}, 'YYYY-MM-DD HH24:MI:SS TZ') as since`;
}

/** Says who a session is: process, name, address, and since when it does what `verb` says. */
export function describeSession(row: Readonly<Record<string, unknown>>, verb: string): string {
  const { address, hidden, name, owner, pid, reader, since } = row;
  const who = name === "" || name === null ? "a program without a name" : `"${name}"`;
  // Who has no session is a prepared transaction, or has just ended.
  if (owner === null || owner === undefined) return `pid ${pid}, ${who}`;
  if (hidden === true) {
    return `pid ${pid}, ${who} of role "${owner}" (role "${reader}" may not see from where and since when: grant pg_read_all_stats)`;
  }
  return `pid ${pid}, ${who} from ${address}, ${verb} since ${since}`;
}
