/**
 * The line to the counterparty: sessions one after the other, until it is closed.
 *
 * 1. The gate: a message is handed over only while the session is ready. The library takes messages for a dead connection
 *    without a word.
 * 2. A connection that is not ready by the logon deadline is given up; a new session is made for the next one.
 * 3. Whatever ends a session, the next try follows after a wait that doubles, until `close`.
 * 4. No second process of this user on this machine logs on to the same session: the counterparty would end the first.
 */
import { BrokerRefusal } from '../../../domain/broker-refusal.js';
import { FillchartError } from '../../../domain/reasons.js';
import type { Received } from './execution-report.js';
import { type LoadedFix, loadFix } from './library.js';
import type { Body } from './messages.js';
import type { FixSettings } from './options.js';
import type { SequenceNumbers } from './sequence-numbers.js';
import { type FixSession, openSession } from './session.js';
import { sessionLocks, sessionNameHere } from './store-folder.js';
import { lockStore, type StoreLock } from './store-lock.js';

export interface LineListener {
  /** A session is ready: what happened meanwhile may have been missed. `isAnew`: it is not sent again. */
  up(isAnew: boolean): void;
  received(message: Received): void;
  /** A session that was ready has ended: answers that were awaited will not come. */
  down(cause: string): void;
  /** No session follows, and nothing is sent or kept any more. */
  closed(): void;
}

export interface Line {
  readonly isReady: boolean;
  /** Why it is not ready. */
  readonly cause: string;
  /** Begins to connect, and waits for a session to be ready. @throws {Error} saying why it is not, when `signal` aborts or the first try fails; {BrokerRefusal} after a Logout; {FillchartError} when another process has the session */
  start(signal: AbortSignal): Promise<void>;
  /** The message's sequence number, or `undefined` when nothing was handed over. */
  send(type: string, body: Body): number | undefined;
  /** Logs out, and waits for the answer for a while. */
  close(): Promise<void>;
}

const MOST_RECONNECT_MS = 10_000;
const NOT_YET = 'not connected yet';
const TOO_LOW = /MsgSeqNum too low, expecting (\d+)/i;

export function fixLine(
  settings: FixSettings,
  numbers: SequenceNumbers,
  redact: (text: string) => string,
  listener: LineListener,
): Line {
  const { clock } = settings;
  let session: FixSession | undefined;
  let isReady = false;
  let isClosed = false;
  let wasUp = numbers.isContinued;
  let cause = NOT_YET;
  /** The counterparty has said no, by a Logout. */
  let isRefused = false;
  let waitMs = settings.reconnectMs;
  let retryTimer: unknown;
  let lock: StoreLock | undefined;
  /** Those who wait for the end of the next try. */
  let waiting: (() => void)[] = [];

  function settle(): void {
    const woken = waiting;
    waiting = [];
    for (const wake of woken) wake();
  }

  function open(loaded: LoadedFix): void {
    retryTimer = undefined;
    if (isClosed || session !== undefined) return;
    let words = '';
    let isLoggedOut = false;
    // Without numbers to go on with, both sides begin anew.
    const resets = settings.resetOnLogon || !wasUp;
    const deadline = clock.setTimeout(() => opened.end('no logon in time'), settings.logonTimeoutMs);
    const opened = openSession(loaded, settings, numbers, resets, {
      ready() {
        clock.clearTimeout(deadline);
        wasUp = true;
        isReady = true;
        isRefused = false;
        waitMs = settings.reconnectMs;
        listener.up(resets);
        settle();
      },
      received: (message) => listener.received(message),
      loggedOut(text) {
        isReady = false;
        isLoggedOut = true;
        words = redact(text);
        const expected = TOO_LOW.exec(text)?.[1];
        // Only ever forward: a number that was used is not used again.
        if (Number.isSafeInteger(Number(expected)) && Number(expected) > numbers.sender) {
          numbers.expectedByPeer(Number(expected));
        }
        cause = `the counterparty logged out: ${words}`;
      },
      renumbered(what) {
        settings.warn(
          `${settings.targetCompId} ${what}: reports that were missed may never be sent again. Every live order is asked for.`,
        );
        if (isReady) listener.up(true);
      },
      ended(why) {
        clock.clearTimeout(deadline);
        isReady = false;
        session = undefined;
        isRefused = isLoggedOut;
        cause = words === '' ? redact(why) : `the counterparty logged out: ${words}`;
        listener.down(cause);
        if (!isClosed) settings.warn(`The FIX session with ${settings.targetCompId} is down: ${cause}.`);
        settle();
        again(loaded);
      },
    });
    session = opened;
  }

  function again(loaded: LoadedFix): void {
    if (isClosed) return;
    retryTimer = clock.setTimeout(() => open(loaded), waitMs);
    waitMs = Math.min(waitMs * 2, Math.max(MOST_RECONNECT_MS, settings.reconnectMs));
  }

  const settled = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      waiting.push(resolve);
      signal.addEventListener('abort', () => resolve(), { once: true });
    });

  return {
    get isReady() {
      return isReady;
    },
    get cause() {
      return cause;
    },
    async start(signal) {
      if (isReady) return;
      lock ??= lockSession(settings);
      cause = cause === NOT_YET ? 'the FIX library is being loaded' : cause;
      const loaded = await loadFix(settings.version);
      cause = session === undefined && retryTimer === undefined ? NOT_YET : cause;
      if (session === undefined && retryTimer === undefined) open(loaded);
      if (!isReady && !isClosed && !signal.aborted) await settled(signal);
      if (isReady) return;
      const sentence = `FIX: no session with ${settings.targetCompId}: ${cause}`;
      throw isRefused ? new BrokerRefusal(sentence) : new Error(sentence);
    },
    send: (type, body) => (isReady ? session?.send(type, body) : undefined),
    async close() {
      isClosed = true;
      cause = 'closed';
      clock.clearTimeout(retryTimer);
      if (session !== undefined) {
        const ended = settled(AbortSignal.any([]));
        const timer = clock.setTimeout(() => session?.end('no answer to the Logout'), settings.logoutTimeoutMs);
        isReady = false;
        session.logOut();
        await ended;
        clock.clearTimeout(timer);
      }
      numbers.close();
      lock?.release();
      listener.closed();
    },
  };
}

/** A place for locks that cannot be used keeps nobody from trading: the folder of a store has a lock of its own. */
function lockSession(settings: FixSettings): StoreLock {
  try {
    return lockStore(sessionLocks(), sessionNameHere(settings), settings.clock.now());
  } catch (error) {
    if (!(error instanceof Error) || 'code' in error) {
      settings.warn(`FIX: that no other process trades on this session cannot be seen: ${String(error)}`);
      return { release: () => {} };
    }
    throw new FillchartError('INVALID_OPTION', error.message);
  }
}
