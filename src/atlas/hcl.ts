/** What Atlas must know of a run, as its project file states it. */
export interface AtlasConfig {
  readonly url: string;
  /** An absolute folder with the merged migrations. */
  readonly folder: string;
  readonly revisionsSchema: string;
  readonly lockTimeoutMs: number;
}

/** The name of the one environment that our configuration defines. */
export const ENVIRONMENT = "hotpot";

/**
 * The configuration for `atlas migrate` in Atlas' own language. It holds the password, so it goes
 * through the pipe and nowhere else.
 */
export function applyConfig(config: AtlasConfig): string {
  return `env ${quote(ENVIRONMENT)} {
  url = ${quote(config.url)}
  migration {
    dir = ${quote(folderUrl(config.folder))}
    revisions_schema = ${quote(config.revisionsSchema)}
    lock_timeout = ${quote(`${config.lockTimeoutMs}ms`)}
  }
}
`;
}

/** What Atlas must know to compare a folder of migrations with a state that is wanted. */
export interface CompareConfig {
  /** The empty database in which Atlas builds both. */
  readonly devUrl: string;
  /** The folder of migrations to replay; or for `schema inspect` what to look at. */
  readonly source: string;
  /** The SQL file with the state that is wanted. */
  readonly desired?: string;
}

/** The configuration for `atlas migrate diff` and `atlas schema inspect`; it goes through the pipe. */
export function compareConfig({ desired, devUrl, source }: CompareConfig): string {
  return `env ${quote(ENVIRONMENT)} {
  dev = ${quote(devUrl)}
  url = ${quote(folderUrl(source))}
${
    desired === undefined ? "" : `  src = ${quote(folderUrl(desired))}
`
  }  migration {
    dir = ${quote(folderUrl(source))}
  }
}
`;
}

/**
 * A folder as the URL that Atlas takes. On Windows the drive stands where a host would, `file://C:/…`:
 * Atlas joins host and path, and of `file:///C:/…` it makes the path `\C:\…`, which is none.
 */
export function folderUrl(folder: string): string {
  const path = folder.replaceAll("\\", "/");
  return `file://${path.split("/").map(encodeURIComponent).join("/").replaceAll("%3A", ":")}`;
}

/**
 * A text as a quoted HCL string. `${` and `%{` would open a template, so they are escaped as well;
 * HCL knows no `\\b`, `\\f` or `\\xHH`, which rules out JSON's quoting
 * (HCL native syntax specification, "Quoted Template Expressions").
 */
export function quote(text: string): string {
  return `"${text.replace(/["\\\p{Cc}]|[$%](?=\{)/gu, escape)}"`;
}

function escape(char: string): string {
  if (char === '"' || char === "\\") return `\\${char}`;
  if (char === "$" || char === "%") return `${char}${char}`;
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
