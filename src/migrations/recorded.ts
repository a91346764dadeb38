// What may stand in one transaction with something else, and means the same there. What begins or
// ends transactions, and what is allowed only inside one (LOCK, DECLARE), does not.
const ORDINARY =
  /^(?:create|alter|drop|comment|grant|revoke|insert|update|delete|merge|with|select|values|truncate|refresh|do|call|analyze|import|security|reassign)\b/i;

/**
 * Whether a statement of a file without transactions can be sent together with the row that records
 * it, so that either both are in the database or neither. What PostgreSQL executes in no transaction
 * it refuses by itself; here are those that would do something else.
 */
export function goesWithItsRow(statement: string): boolean {
  return ORDINARY.test(statement) && !/\b(?:commit|rollback)\b/i.test(statement);
}
