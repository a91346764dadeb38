// What ends or begins transactions, may do so, or wants more of the client than to wait.
const CONTROL =
  /\b(?:begin|start|commit|end|abort|rollback|savepoint|release|prepare|copy|do|call|execute)\b/i;

/** The settings that protect what is sent ahead, and the word that lets a statement hold several. */
export const SETTINGS =
  /\b(?:characteristics|set_config|reset|discard|delimiter)\b|transaction_read_only/i;

// What must come before the first query of a transaction, and a guard is one.
const TRANSACTION_SETTING = /\bset\b[\s\S]*transaction/i;

/**
 * Whether a statement may touch transactions. A file is sent whole, with the begin and the end of its
 * transaction, before the first answer is there, and nothing stops the server at the first error
 * then: what is in doubt may not be sent ahead.
 */
export function mayTouchTransactions(statement: string): boolean {
  return CONTROL.test(doubtful(statement)) || TRANSACTION_SETTING.test(statement);
}

/**
 * The part of a statement in which a word may be a command to the server. One command is told by
 * its first word; a semicolon in its midst or a comment in a comment may hide more than one.
 */
function doubtful(statement: string): string {
  const bare = statement.replace(/^(?:\s+|--[^\r\n]*)+/, "");
  const several = /;(?!\s*$)|\/\*/.test(bare);
  return several ? bare : /^\w*/.exec(bare)?.[0] ?? "";
}
