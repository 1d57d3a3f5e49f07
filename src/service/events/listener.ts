/**
 * One listener of the event stream: what it wants, and what has not reached it yet.
 *
 * 1. What is sent is bytes that all listeners share; nothing is written out again for one of them.
 * 2. A listener that lets more than its share pile up is told so, as its last event, and ended: its memory is bounded.
 * 3. While it is given what it missed, it joins the others in the turn in which it has caught up: no record is missed or doubled.
 */
import type { ServerResponse } from 'node:http';
import type { Clock } from '../../domain/ports.js';
import type { Topic } from '../api/events.js';

/** An event, written out. */
export interface Frame {
  /** Absent for what every listener gets. */
  readonly topic?: Topic | undefined;
  readonly account?: string | undefined;
  readonly advisoryId?: string | undefined;
  readonly bytes: Buffer;
}

export interface Wanted {
  readonly account?: string | undefined;
  readonly advisoryId?: string | undefined;
  /** All when absent. */
  readonly topics?: ReadonlySet<Topic> | undefined;
}

export const isWanted = ({ account, advisoryId, topics }: Wanted, frame: Frame): boolean => {
  if (frame.topic === undefined) return true;
  if (topics !== undefined && !topics.has(frame.topic)) return false;
  if (account !== undefined && frame.account !== undefined && frame.account !== account) return false;
  return advisoryId === undefined || frame.advisoryId === undefined || frame.advisoryId === advisoryId;
};

export interface Listener {
  readonly wanted: Wanted;
  /** It takes everything: the batch of all can be sent as it is. */
  readonly takesAll: boolean;
  readonly isOpen: boolean;
  write(bytes: Buffer): void;
  /** Resolves when what was written has left, or the listener is gone. */
  drained(): Promise<void>;
  /** Sends a last event, and ends. */
  end(last: Buffer): void;
}

interface ListenerParts {
  readonly response: ServerResponse;
  readonly wanted: Wanted;
  readonly clock: Clock;
  /** Most bytes that may wait for it. */
  readonly bufferBytes: number;
  readonly tooSlow: Buffer;
  readonly onGone: () => void;
  readonly onDropped: () => void;
}

/** How long the last event of a listener may take to leave. */
const LAST_WORD_MS = 2_000;

export function listener(parts: ListenerParts): Listener {
  const { response, wanted, clock, bufferBytes, tooSlow, onGone, onDropped } = parts;
  let isOpen = true;
  let waiting: (() => void)[] = [];

  function gone(): void {
    if (isOpen) isOpen = false;
    onGone();
    wake();
  }

  function wake(): void {
    const all = waiting;
    waiting = [];
    for (const resolve of all) resolve();
  }

  function end(last: Buffer): void {
    if (!isOpen) return;
    isOpen = false;
    response.write(last);
    response.end();
    // Who does not read does not get it; the socket goes all the same.
    const timer = clock.setTimeout(() => response.destroy(), LAST_WORD_MS);
    response.once('close', () => clock.clearTimeout(timer));
    onGone();
    wake();
  }

  response.once('close', gone);
  response.once('error', gone);
  response.on('drain', wake);

  return {
    wanted,
    takesAll: wanted.account === undefined && wanted.advisoryId === undefined && wanted.topics === undefined,
    get isOpen() {
      return isOpen;
    },
    write(bytes) {
      if (!isOpen) return;
      if (response.writableLength > bufferBytes) {
        onDropped();
        end(tooSlow);
        return;
      }
      response.write(bytes);
    },
    drained: () =>
      !isOpen || !response.writableNeedDrain
        ? Promise.resolve()
        : new Promise((resolve) => {
            waiting.push(resolve);
          }),
    end,
  };
}
