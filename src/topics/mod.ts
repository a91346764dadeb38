import type { Topic } from "./block.ts";
import { CONFIGURATION } from "./configuration.ts";
import { ERROR_CODES } from "./error_codes.ts";
import { EXIT_CODES } from "./exit_codes.ts";
import { RECOVERY } from "./recovery.ts";
import { VAULT } from "./vault.ts";

export type { Topic } from "./block.ts";
export { CONFIGURATION } from "./configuration.ts";
export { errorTopic } from "./error_codes.ts";
export { EXIT_CODES } from "./exit_codes.ts";
export { markdown, markdownTable } from "./markdown.ts";
export { plainText } from "./plain_text.ts";
export { RECOVERY, STORIES, type Story } from "./recovery.ts";
export { VAULT } from "./vault.ts";

/** What `migrate help` explains. */
export const MIGRATE_TOPICS: readonly Topic[] = [
  CONFIGURATION,
  VAULT,
  RECOVERY,
  EXIT_CODES,
  ERROR_CODES,
];

/** What `genmigrate help` explains. */
export const GENMIGRATE_TOPICS: readonly Topic[] = [CONFIGURATION, VAULT, EXIT_CODES, ERROR_CODES];
