import { printable } from "../../migrations/mod.ts";

/** An XML element, with other elements or a text inside. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  readonly text: string;
}

/** An element with its attributes, and with other elements or a text inside. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string>>,
  children: readonly Element[] = [],
  text = "",
): Element {
  return { name, attributes, children, text };
}

/** A whole document; only what is between elements is indented, so that texts keep their lines. */
export function xmlDocument(root: Element): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${written(root, "")}`;
}

function written({ attributes, children, name, text }: Element, indent: string): string {
  const start = [
    `${indent}<${name}`,
    ...Object.entries(attributes).map(([key, value]) => `${key}="${escapeAttribute(value)}"`),
  ].join(" ");
  if (children.length > 0) {
    const inner = children.map((child) => written(child, `${indent}  `)).join("");
    return `${start}>\n${inner}${indent}</${name}>\n`;
  }
  return text === "" ? `${start}/>\n` : `${start}>${escapeText(text)}</${name}>\n`;
}

// `]]>` must not stand in a text either: https://www.w3.org/TR/xml/#syntax
function escapeText(text: string): string {
  return allowed(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll("\r", "&#13;");
}

/** A reader makes a space of each line end in an attribute, unless it is written as a number. */
function escapeAttribute(text: string): string {
  return escapeText(text).replaceAll('"', "&quot;").replaceAll("\n", "&#10;")
    .replaceAll("\t", "&#9;");
}

/** XML has no way to write most control characters: https://www.w3.org/TR/xml/#charsets */
function allowed(text: string): string {
  return [...text.toWellFormed()].map((char) => {
    if (char === "\n" || char === "\r") return char;
    return char === "\ufffe" || char === "\uffff" ? "\ufffd" : printable(char);
  }).join("");
}
