/** What GitHub shows beside a line of a file, or on the page of the run where there is no file. */
export interface Annotation {
  readonly level: "error" | "warning";
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  readonly title: string;
  readonly message: string;
}

/**
 * An annotation as a line of the log, which GitHub reads:
 * https://docs.github.com/actions/reference/workflow-commands-for-github-actions#setting-an-error-message
 */
export function annotationLine(annotation: Annotation): string {
  const { column, file, level, line, message, title } = annotation;
  const place = file === undefined ? [] : [["file", file], ["line", line], ["col", column]];
  const properties = [...place, ["title", title]].flatMap(([name, text]) =>
    text === undefined ? [] : [`${name}=${value(String(text))}`]
  );
  return `::${level} ${properties.join(",")}::${escape(message)}\n`;
}

function escape(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function value(text: string): string {
  return escape(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
