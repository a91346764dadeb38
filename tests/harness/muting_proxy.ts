import { Buffer } from "node:buffer";
import { Messages } from "./messages.ts";
import { type Relay, startRelay } from "./relay.ts";

const HISTORY = 'INSERT INTO "atlas_schema_revisions"';
const TEXT = "\0\0\0\x19";

/**
 * What a server answers outside a transaction to each message that Atlas sends, once it has come to
 * executing files: simple queries for their statements, prepared ones for its history.
 */
const ANSWERS: Readonly<Record<string, string>> = {
  Q: message("I") + message("Z", "I"),
  P: message("1"),
  // Twelve parameters; one column, which is returned.
  D: message("t", `\0\x0c${TEXT.repeat(12)}`) +
    message("T", `\0\x01version\0\0\0\0\0\0\0${TEXT}\xff\xff\xff\xff\xff\xff\0\0`),
  B: message("2"),
  E: message("D", "\0\x01\0\0\0\x01x") + message("C", "INSERT 0 1\0"),
  S: message("Z", "I"),
};

/**
 * Starts a proxy through which Atlas can execute whatever text and leaves nothing behind: what it
 * asks reaches the server; the statements of the files and what it writes to its history do not, and
 * are answered as if they had been done.
 */
export async function startMutingProxy(
  target: { readonly host: string; readonly port: number },
): Promise<Relay> {
  return await startRelay(target, (client, upstream) => {
    const messages = new Messages(true);
    // The first write to the history comes before the first statement of a file.
    let executing = false;
    let writing = false;
    client.on("data", (chunk: Uint8Array) => {
      const passed: Uint8Array[] = [];
      const answered: string[] = [];
      for (const { bytes, type } of messages.read(chunk)) {
        if (type === "P") {
          writing = Buffer.from(bytes).includes(HISTORY);
          executing ||= writing;
        }
        const answer = ANSWERS[type];
        const muted = type === "Q" ? executing : writing;
        if (muted && answer !== undefined) answered.push(answer);
        else passed.push(bytes);
      }
      if (passed.length > 0) upstream.write(Buffer.concat(passed));
      if (answered.length > 0) client.write(Buffer.from(answered.join(""), "latin1"));
    });
    upstream.on("data", (chunk: Uint8Array) => client.write(chunk));
  });
}

function message(type: string, body = ""): string {
  return `${type}\0\0\0${String.fromCharCode(body.length + 4)}${body}`;
}
