// How PostgreSQL cuts a text into tokens, as far as semicolons go (its `scan.l`): a dollar in a word
// opens nothing, a line ends with CR as well, comments nest.
const SPACE = /[ \t\n\r\f\v]+|--[^\n\r]*/y;
const TOKEN =
  /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|\$\d+|\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$|['"();]|--[^\n\r]*|\/\*/g;
const BODY = /^create\s+(?:or\s+replace\s+)?(?:function|procedure)\b/i;
/** What may stand between the parts of one string: white space with an end of line in it. */
const CONTINUED = /(?:[ \t\f\v]|--[^\n\r]*)*[\n\r](?:[ \t\n\r\f\v]|--[^\n\r]*[\n\r])*'/y;

/**
 * Where the commands begin that a server finds in a text, without the comments and semicolons in
 * front of them. A statement of a file is usually one; a delimiter of its own, or a place that Atlas
 * takes for a quote and PostgreSQL does not, makes it several.
 */
export function* commandsIn(text: string): Iterable<number> {
  let at = skip(text, 0);
  while (at < text.length) {
    if (text.charAt(at) !== ";") yield at;
    at = skip(text, endOf(text, at));
  }
}

/** The index behind the semicolon that ends the command at an index. */
function endOf(text: string, from: number): number {
  let depth = 0;
  let block = 0;
  let body: boolean | undefined;
  let last = "";
  TOKEN.lastIndex = from;
  for (let found = TOKEN.exec(text); found !== null; found = TOKEN.exec(text)) {
    const [token] = found;
    const behind = TOKEN.lastIndex;
    let next = behind;
    if (token === ";") {
      if (depth <= 0 && block === 0) return behind;
    } else if (token === "(") depth++;
    else if (token === ")") depth--;
    else if (token === "'") {
      next = endOfString(text, behind, /^e$/i.test(last) && text.charAt(found.index - 1) === last);
    } else if (token === '"') next = behindOf(text, '"', behind);
    else if (token === "/*") next = endOfComment(text, behind);
    else if (token.startsWith("$") && token.endsWith("$")) next = behindOf(text, token, behind);
    else {
      // The body of a function in SQL has statements of its own.
      const word = token.toLowerCase();
      if (word === "atomic" && last.toLowerCase() === "begin" && block === 0) {
        body ??= BODY.test(text.slice(from, found.index));
        if (body) block = 1;
      } else if (block > 0 && word === "case") block++;
      else if (block > 0 && word === "end") block--;
    }
    if (!token.startsWith("--") && token !== "/*") last = token;
    TOKEN.lastIndex = next;
  }
  return text.length;
}

/** The index behind a string that has begun; with `escapes`, of one like `E'\''`. */
function endOfString(text: string, from: number, escapes: boolean): number {
  if (!escapes) return behindOf(text, "'", from);
  const stop = /['\\]/g;
  stop.lastIndex = from;
  for (let found = stop.exec(text); found !== null; found = stop.exec(text)) {
    if (found[0] === "\\") {
      stop.lastIndex++;
      continue;
    }
    // A doubled quote stands for one; a string goes on behind the end of a line.
    if (text.charAt(stop.lastIndex) === "'") {
      stop.lastIndex++;
      continue;
    }
    CONTINUED.lastIndex = stop.lastIndex;
    if (!CONTINUED.test(text)) return stop.lastIndex;
    stop.lastIndex = CONTINUED.lastIndex;
  }
  return text.length;
}

function endOfComment(text: string, from: number): number {
  const edge = /\/\*|\*\//g;
  edge.lastIndex = from;
  let open = 1;
  for (let found = edge.exec(text); found !== null; found = edge.exec(text)) {
    open += found[0] === "/*" ? 1 : -1;
    if (open === 0) return edge.lastIndex;
  }
  return text.length;
}

function behindOf(text: string, what: string, from: number): number {
  const at = text.indexOf(what, from);
  return at < 0 ? text.length : at + what.length;
}

/** The first words of a command in lower case, one space between them: at most `count`. */
export function firstWords(text: string, from: number, count: number): string {
  const word = /[A-Za-z_]\w*/y;
  const words: string[] = [];
  for (let at = from; words.length < count; at = skip(text, word.lastIndex)) {
    word.lastIndex = at;
    const found = word.exec(text);
    if (found === null) break;
    words.push(found[0].toLowerCase());
  }
  return words.join(" ");
}

/** The index of the first thing that is no white space and no comment. */
function skip(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    SPACE.lastIndex = at;
    if (SPACE.test(text)) at = SPACE.lastIndex;
    else if (text.startsWith("/*", at)) at = endOfComment(text, at + 2);
    else return at;
  }
  return text.length;
}
