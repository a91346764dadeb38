/** One entry of a report: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format */
export interface Violation {
  readonly description: string;
  readonly check_name: string;
  readonly severity: "info" | "minor" | "major" | "critical" | "blocker";
  readonly path: string;
  readonly line: number;
  /** What makes it the same one in the next run, whatever words the server finds for it. */
  readonly identity: readonly (string | number | undefined)[];
}

/** A GitLab code-quality report. */
export async function codeQuality(violations: readonly Violation[]): Promise<string> {
  const entries = await Promise.all(
    violations.map(async ({ check_name, description, identity, line, path, severity }) => ({
      description,
      check_name,
      fingerprint: await digest([check_name, path, ...identity]),
      severity,
      location: { path, lines: { begin: line } },
    })),
  );
  return `${JSON.stringify(entries, null, 2)}\n`;
}

async function digest(parts: readonly (string | number | undefined)[]): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(parts));
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
