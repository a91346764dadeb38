import { Buffer } from "node:buffer";
import { Messages } from "./messages.ts";
import { type Relay, startRelay } from "./relay.ts";

const HISTORY = 'INSERT INTO "atlas_schema_revisions"';
const BEGIN = "BEGIN READ WRITE\0";
const COMMIT = "COMMIT\0";
// What Atlas asks whenever it opens a connection or a transaction.
const VERSION = "SELECT current_setting('server_version_num')";
const TEXT = "\0\0\0\x19";

/**
 * What a server answers to each message that Atlas sends, once it has come to executing files: simple
 * queries for their statements, prepared ones for its history. `Z` is completed with the state.
 */
const ANSWERS: Readonly<Record<string, string>> = {
  Q: message("I"),
  P: message("1"),
  // Twelve parameters; one column, which is returned.
  D: message("t", `\0\x0c${TEXT.repeat(12)}`) +
    message("T", `\0\x01version\0\0\0\0\0\0\0${TEXT}\xff\xff\xff\xff\xff\xff\0\0`),
  B: message("2"),
  E: message("D", "\0\x01\0\0\0\x01x") + message("C", "INSERT 0 1\0"),
  S: "",
};

/** What Atlas writes to its history, and whether it does so in a transaction. */
export interface HistoryWrite {
  /** The parameters, as the message that binds them has them. */
  readonly parameters: Uint8Array;
  readonly inTransaction: boolean;
}

/**
 * Starts a proxy through which Atlas can execute whatever text and leaves nothing behind: what it
 * asks reaches the server; its transactions, the statements of the files and what it writes to its
 * history do not, and are answered as if they had been done. `wrote` is called with each write.
 */
export async function startMutingProxy(
  target: { readonly host: string; readonly port: number },
  wrote: (write: HistoryWrite) => void = () => {},
): Promise<Relay> {
  return await startRelay(target, (client, upstream) => {
    const messages = new Messages(true);
    const answers = new Messages(false);
    // Atlas' own BEGIN or the first write to the history comes before the first statement of a file.
    let executing = false;
    let making = false;
    let writing = false;
    let inTransaction = false;
    const state = () => inTransaction ? "T" : "I";
    client.on("data", (chunk: Uint8Array) => {
      const passed: Uint8Array[] = [];
      const answered: string[] = [];
      for (const { bytes, type } of messages.read(chunk)) {
        const query = type === "Q" ? Buffer.from(bytes).toString("latin1", 5) : "";
        if (type === "P") writing = Buffer.from(bytes).includes(HISTORY);
        // On a connection of its own Atlas makes the table.
        if (type === "") making = Buffer.from(bytes).includes("search_path");
        executing ||= writing || (query === BEGIN && !making);
        if (query === BEGIN) inTransaction = true;
        if (query === COMMIT) inTransaction = false;
        const muted = type === "Q" ? executing && !query.startsWith(VERSION) : writing;
        if (muted && type === "B") wrote({ parameters: bytes, inTransaction });
        const ready = type === "Q" || type === "S" ? message("Z", state()) : "";
        const own = query === BEGIN || query === COMMIT
          ? message("C", `${query.split(/[ \0]/)[0]}\0`)
          : undefined;
        const answer = own ?? ANSWERS[type];
        if (muted && answer !== undefined) answered.push(answer + ready);
        else passed.push(bytes);
      }
      if (passed.length > 0) upstream.write(Buffer.concat(passed));
      if (answered.length > 0) client.write(Buffer.from(answered.join(""), "latin1"));
    });
    upstream.on("data", (chunk: Uint8Array) => {
      const passed = [...answers.read(chunk)].map(({ bytes, type }) =>
        type === "Z" ? Buffer.from(message("Z", state()), "latin1") : bytes
      );
      client.write(Buffer.concat(passed));
    });
  });
}

function message(type: string, body = ""): string {
  return `${type}\0\0\0${String.fromCharCode(body.length + 4)}${body}`;
}
