import { type Handle, INVALID_HANDLE, memory, WIN, type WindowsApi } from "./windows_api.ts";

const PIPE_ACCESS_OUTBOUND = 0x0000_0002;
const FILE_FLAG_OVERLAPPED = 0x4000_0000;
const FILE_FLAG_FIRST_PIPE_INSTANCE = 0x0008_0000;
const PIPE_REJECT_REMOTE_CLIENTS = 0x0000_0008;
const STATUS_PENDING = 0x103;
const BUFFER_BYTES = 65_536;
const POLL_MS = 5;
const CALM_POLL_MS = 50;

/** What all instances of a pipe share. */
export interface InstanceOptions {
  readonly api: WindowsApi;
  /** The name of the pipe, as `wide()` gives it. */
  readonly name: Uint8Array<ArrayBuffer>;
  /** A `SECURITY_ATTRIBUTES`. */
  readonly attributes: Uint8Array<ArrayBuffer>;
  readonly maxInstances: number;
  /** Ends every wait once it fires. */
  readonly stop: AbortSignal;
}

/** A Windows function that failed, with the number of the error. */
export class WindowsError extends Error {
  readonly number: number;

  constructor(call: string, number: number) {
    super(`${call} failed with Windows error ${number}`);
    this.number = number;
  }
}

/**
 * One instance of a named pipe: it takes one client and is closed after that.
 *
 * Its operations are overlapped ones, looked after by a timer. A call that blocks would hold one of
 * the few threads that Deno has for such calls (four for each processor on Windows), and the output
 * of the child needs them too.
 */
export class PipeInstance {
  readonly #options: InstanceOptions;
  readonly #pipe: Handle;
  // OVERLAPPED: status, bytes, offset, event. Windows writes to it until the operation has ended.
  readonly #overlapped = memory(32);
  readonly #address: Deno.PointerObject | null;

  /** @throws {WindowsError} when the name is taken (error 5) or the system is at its limits. */
  constructor(options: InstanceOptions, first: boolean) {
    this.#options = options;
    this.#address = Deno.UnsafePointer.of(this.#overlapped);
    this.#pipe = options.api.CreateNamedPipeW(
      options.name,
      PIPE_ACCESS_OUTBOUND | FILE_FLAG_OVERLAPPED | (first ? FILE_FLAG_FIRST_PIPE_INSTANCE : 0),
      // Bytes, not messages: zero.
      PIPE_REJECT_REMOTE_CLIENTS,
      options.maxInstances,
      BUFFER_BYTES,
      0,
      0,
      options.attributes,
    );
    if (this.#pipe === INVALID_HANDLE) {
      throw new WindowsError("CreateNamedPipeW", options.api.GetLastError());
    }
  }

  /** Waits for a client. Returns its process, or nothing when it has gone or we are stopped. */
  async client(): Promise<number | undefined> {
    const { api } = this.#options;
    if (api.ConnectNamedPipe(this.#pipe, this.#address) === 0) {
      const number = api.GetLastError();
      if (number === WIN.noData) return undefined;
      if (number === WIN.ioPending) {
        if (!await this.#finish()) return undefined;
      } else if (number !== WIN.pipeConnected) {
        throw new WindowsError("ConnectNamedPipe", number);
      }
    }
    const pid = memory(4);
    if (api.GetNamedPipeClientProcessId(this.#pipe, pid) === 0) return undefined;
    return new DataView(pid.buffer).getUint32(0, true);
  }

  /**
   * Sends everything. Returns whether it went out: to the client, or into a buffer from which the
   * client still reads after `close()`. The bytes must outlive the instance.
   */
  async send(bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const { api } = this.#options;
    const data = Deno.UnsafePointer.of(bytes);
    if (api.WriteFile(this.#pipe, data, bytes.length, null, this.#address) !== 0) return true;
    return api.GetLastError() === WIN.ioPending && await this.#finish();
  }

  /** Throws the client out, with whatever it has not read. */
  disconnect(): void {
    this.#options.api.DisconnectNamedPipe(this.#pipe);
  }

  /** Closes the instance: the client reads what is in the buffer, then the end of the file. */
  close(): void {
    this.#options.api.CloseHandle(this.#pipe);
  }

  /** Waits for the end of an operation and returns whether it succeeded; cancels it on stop. */
  async #finish(): Promise<boolean> {
    const { api, stop } = this.#options;
    const view = new DataView(this.#overlapped.buffer);
    let waits = 0;
    while (view.getUint32(0, true) === STATUS_PENDING) {
      // The memory is ours again only once the operation, cancelled or not, has ended.
      if (stop.aborted) api.CancelIoEx(this.#pipe, this.#address);
      await delay(waits++ < 1_000 ? POLL_MS : CALM_POLL_MS);
    }
    return view.getUint32(0, true) === 0;
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
