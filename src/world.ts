/** Everything outside that a program may touch by itself; what a command needs more, it is given. */
export interface World {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Fires when the program is asked to stop; its reason is the name of the signal. */
  readonly signal: AbortSignal;
  /** Writes text to standard output: results. */
  readonly out: (text: string) => void;
  /** Writes text to standard error: everything said on the way. */
  readonly err: (text: string) => void;
  readonly terminal: Terminal;
  /** Does something even if the program is then ended at once: by a second Ctrl-C, or by a crash. */
  readonly lastly?: Lastly;
  /** Takes who tells people of an error that nobody caught. */
  readonly onCrash?: (tell: (error: unknown) => void) => void;
  /**
   * Asks a person to agree to something, on standard error; there only where a person can see it
   * and answer. Whoever stops the program does not agree.
   */
  readonly ask?: (question: string) => Promise<boolean>;
}

/** Registers what must not be left undone, for a few seconds of time; what it returns takes it back. */
export type Lastly = (act: () => Promise<unknown>) => () => void;

/** Which of the streams are looked at by a person, and how wide the window is. */
export interface Terminal {
  readonly out: boolean;
  readonly err: boolean;
  readonly columns: number;
}
