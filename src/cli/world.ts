/**
 * Everything that the command line touches, handed in: so that tests can be the terminal, the clock and the operator.
 */
import type { Clock } from '../domain/ports.js';

/** Where text goes. Sizes are those of the terminal, when it is one; they may change at any time. */
export interface TextSink {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface CliWorld {
  readonly stdin: AsyncIterable<string | Uint8Array>;
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly env: Environment;
  readonly clock: Clock;
  /** Calls back on ctrl-c and on a polite request to end; returns how to stop listening. */
  onInterrupt(listener: () => void): () => void;
  /** Calls back when the process ends, however it does; returns how to stop listening. */
  onExit(listener: () => void): () => void;
  /** How this program is called in the shell that it was started from; `fillchart` when absent. */
  readonly program?: string;
  /** A path as that shell must write it, where it stands in another folder. */
  readonly shellPath?: (path: string) => string;
  /** The folder of the bundled pages; the package's own when absent. */
  readonly pages?: URL;
  /** Ends the process now. */
  exit(code: number): void;
}
