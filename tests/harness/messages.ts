/** One message of PostgreSQL's protocol as it came over the wire. */
export interface WireMessage {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The letter at its head; none for the start-up message. */
  readonly type: string;
}

/** Cuts a stream of bytes into messages: a letter, then the length of the rest. */
export class Messages {
  #left: Uint8Array<ArrayBuffer> = new Uint8Array();
  /** The first message of a client has no letter. */
  #bare: boolean;

  constructor(fromClient: boolean) {
    this.#bare = fromClient;
  }

  *read(chunk: Uint8Array): Iterable<WireMessage> {
    const stream = new Uint8Array(this.#left.length + chunk.length);
    stream.set(this.#left);
    stream.set(chunk, this.#left.length);
    const view = new DataView(stream.buffer);
    let at = 0;
    while (true) {
      this.#left = stream.subarray(at);
      const head = this.#bare ? 0 : 1;
      if (this.#left.length < head + 4) return;
      const length = head + view.getInt32(at + head);
      if (this.#left.length < length) return;
      yield {
        bytes: stream.slice(at, at + length),
        type: this.#bare ? "" : String.fromCharCode(stream[at] ?? 0),
      };
      this.#bare = false;
      at += length;
    }
  }
}
