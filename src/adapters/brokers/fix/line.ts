/**
 * The line to the counterparty: sessions one after the other, until it is closed.
 *
 * 1. The gate: a message is handed over only while the session is ready. A cancel lessens risk: it leaves once both sides have
 *    logged on, also while what was missed is still being sent again.
 * 2. A connection that is not ready by the logon deadline is given up; a new session is made for the next one.
 * 3. Whatever ends a session, the next try follows after a wait that doubles, until `close`. A refused Logon is tried again
 *    slowly, unless it said which number is expected.
 * 4. No second process of this user on this machine logs on to the same session: the counterparty would end the first.
 */
import { BrokerRefusal } from '../../../domain/broker-refusal.js';
import { FillchartError } from '../../../domain/reasons.js';
import { isoTime } from '../../../domain/time.js';
import { calendar } from './calendar.js';
import type { Received } from './execution-report.js';
import { type About, fieldPlan } from './fields.js';
import { type LoadedFix, loadFix } from './library.js';
import type { Body } from './messages.js';
import { expectedNumber, NO_HANDSHAKE } from './refusals.js';
import type { Period } from './schedule.js';
import type { SequenceNumbers } from './sequence-numbers.js';
import { type FixSession, fixSession } from './session.js';
import type { FixSettings } from './settings.js';
import { sessionLocks, sessionNameHere } from './store-folder.js';
import { lockStore, type StoreLock } from './store-lock.js';
import { openTransport, type Transport } from './transport.js';

interface LineListener {
  /** A session is ready: what happened meanwhile may have been missed. `isAnew`: it is not sent again. */
  up(isAnew: boolean): void;
  /** Any message that is sound has come, the session's own among them. */
  heard(message: Received): void;
  received(message: Received): void;
  /** Our messages from a number up to `next` have not arrived, and were not sent again. */
  skipped(from: number, next: number): void;
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
  /** The dictionary has this message. */
  knows(type: string): boolean;
  /** The message's sequence number, or `undefined` when nothing was handed over. */
  send(type: string, body: Body, about?: About): number | undefined;
  /** Logs out, and waits for the answer for a while. */
  close(): Promise<void>;
}

const MOST_RECONNECT_MS = 10_000;
const LOGON = 'A';
const CANCEL = 'F';
const NOT_YET = 'not connected yet';
/** Wait after a refused Logon, in ms: accounts are locked after too many. */
const LEAST_REFUSED_MS = 1_000;
const MOST_REFUSED_MS = 60_000;

export function fixLine(
  settings: FixSettings,
  numbers: SequenceNumbers,
  redact: (text: string) => string,
  listener: LineListener,
): Line {
  const { clock } = settings;
  let session: FixSession | undefined;
  let transport: Transport | undefined;
  /** The counterparty has said which number it expects. */
  let isTold = false;
  /** The session ends by the schedule. */
  let isResting = false;
  /** It is closed by the schedule: there is no next try to wait for. */
  let isShut = false;
  const days = calendar(settings, numbers, turn);
  /** Connections that gave no session: the next address follows. */
  let tries = 0;
  /** The last warning, until a session is ready. */
  let told = '';
  let isReady = false;
  let isClosed = false;
  let wasUp = numbers.isContinued;
  let cause = NOT_YET;
  /** The counterparty has said no, by a Logout. */
  let isRefused = false;
  let waitMs = settings.reconnectMs;
  let retryTimer: unknown;
  let lock: StoreLock | undefined;
  let dictionary: LoadedFix['dictionary'] | undefined;
  const { settle, settled } = waiters();

  function open(loaded: LoadedFix): void {
    retryTimer = undefined;
    if (isClosed || session !== undefined || transport !== undefined) return;
    isShut = false;
    const period = days.begin();
    if (period?.isOpen === false) {
      rest(loaded, period);
      return;
    }
    let isLoggedOut = false;
    let words = '';
    // Without numbers to go on with, both sides begin anew; but not where one of them has just said its number.
    const resets = !isTold && (settings.resetOnLogon || !wasUp || days.asksForNumbers);
    isTold = false;
    const deadline = clock.setTimeout(
      () => giveUp(noLogon(opening, settings.tls !== undefined)),
      settings.logonTimeoutMs,
    );
    const address = settings.addresses[tries % settings.addresses.length] ?? settings;
    const opening = openTransport(address, settings.tls, () => {
      session = fixSession(loaded, settings, numbers, resets, opening, {
        ready(isAnew) {
          clock.clearTimeout(deadline);
          wasUp = true;
          isReady = true;
          isRefused = false;
          waitMs = settings.reconnectMs;
          told = '';
          listener.up(days.ready() || isAnew);
          settle();
        },
        heard(message) {
          // From here on the deadline is that of the gap.
          if (message.type === LOGON) clock.clearTimeout(deadline);
          listener.heard(message);
        },
        received: (message) => listener.received(message),
        skipped: (from, next) => listener.skipped(from, next),
        refused(text, sent) {
          isLoggedOut = true;
          words = redact(text);
          isMoved = moveOn(text, sent);
        },
        renumbered(what) {
          warn(
            `${settings.targetCompId} ${what}: reports that were missed may never be sent again. Every live order is asked for.`,
          );
          if (isReady) listener.up(true);
        },
        warn: (what) => warn(`FIX: ${what}.`),
        ended: giveUp,
      });
      // A Logon that cannot be written ends it at once.
      if (isOver) session = undefined;
    });
    transport = opening;
    let isMoved = false;
    let isOver = false;
    opening.onEnd((what) => {
      // A session hears of it, too, and knows more.
      if (session === undefined) giveUp(what);
    });

    function giveUp(why: string): void {
      if (isOver) return;
      isOver = true;
      clock.clearTimeout(deadline);
      if (!isReady && !isResting) tries += 1;
      const ending = session;
      isReady = false;
      session = undefined;
      transport = undefined;
      ending?.end(why);
      opening.destroy();
      isRefused = isLoggedOut;
      cause = words === '' ? redact(why) : `the counterparty logged out: ${words}`;
      listener.down(cause);
      if (!isClosed && !isResting) tell(`The FIX session with ${settings.targetCompId} is down: ${cause}.`);
      settle();
      again(loaded, isLoggedOut && !isMoved && !isResting);
      isResting = false;
    }
  }

  /** The session is closed: nothing connects until it opens. */
  function rest(loaded: LoadedFix, { changesAt }: Period): void {
    isShut = true;
    cause = `the session is closed by its schedule, and opens at ${isoTime(changesAt)}`;
    retryTimer = clock.setTimeout(() => open(loaded), changesAt - clock.now() + 1);
    waitMs = settings.reconnectMs;
    settle();
  }

  /** The session opens or closes, or its numbers begin anew: what is up ends, and the next one begins as the schedule says. */
  function turn(): void {
    if (isClosed || session === undefined) return;
    isResting = true;
    isReady = false;
    cause = 'the session ends by its schedule';
    const ending = session;
    clock.setTimeout(() => ending.end('no answer to the Logout'), settings.logoutTimeoutMs);
    ending.logOut();
  }

  /** A refused Logon that says which number is expected: the next one has it. Only ever forward. */
  function moveOn(text: string, sent: number): boolean {
    const expected = expectedNumber(text, sent);
    if (expected === undefined || expected < numbers.sender) return false;
    numbers.expectedByPeer(expected);
    isTold = true;
    return true;
  }

  function again(loaded: LoadedFix, isSlow: boolean): void {
    if (isClosed) return;
    if (isSlow) waitMs = Math.max(waitMs, LEAST_REFUSED_MS);
    retryTimer = clock.setTimeout(() => open(loaded), waitMs);
    const most = isSlow ? MOST_REFUSED_MS : MOST_RECONNECT_MS;
    waitMs = Math.min(waitMs * 2, Math.max(most, settings.reconnectMs));
  }

  function warn(sentence: string): void {
    settings.warn(redact(sentence));
  }

  /** The same sentence, again and again, is said once. */
  function tell(sentence: string): void {
    if (sentence === told) return;
    told = sentence;
    warn(sentence);
  }

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
      const loaded = await loadFix(settings.version, settings.dictionary);
      // What the dictionary does not take is said before anything is sent.
      fieldPlan(settings, loaded.dictionary);
      dictionary = loaded.dictionary;
      cause = transport === undefined && retryTimer === undefined ? NOT_YET : cause;
      if (transport === undefined && retryTimer === undefined) open(loaded);
      // Each address has its turn before the counterparty counts as not to be reached.
      for (const begun = tries; !isReady && !isClosed && !isShut && !signal.aborted; ) {
        await settled(signal);
        if (tries - begun >= settings.addresses.length) break;
      }
      if (isReady) return;
      const sentence = `FIX: no session with ${settings.targetCompId}: ${cause}`;
      throw isRefused ? new BrokerRefusal(sentence) : new Error(sentence);
    },
    knows: (type) => dictionary?.message.has(type) === true,
    send: (type, body, about) => (isReady || type === CANCEL ? session?.send(type, body, about) : undefined),
    async close() {
      isClosed = true;
      cause = 'closed';
      clock.clearTimeout(retryTimer);
      days.stop();
      isReady = false;
      if (session === undefined) transport?.destroy();
      else {
        const ended = settled(AbortSignal.any([]));
        const timer = clock.setTimeout(() => session?.end('no answer to the Logout'), settings.logoutTimeoutMs);
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

/** Those who wait for the end of the next try. */
function waiters() {
  let waiting: (() => void)[] = [];
  return {
    settle(): void {
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    },
    settled: (signal: AbortSignal): Promise<void> =>
      new Promise((resolve) => {
        waiting.push(resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      }),
  };
}

function noLogon(transport: Transport, isSecure: boolean): string {
  if (isSecure && !transport.isOpen) return `no logon in time: ${NO_HANDSHAKE}`;
  return transport.firstBytes.length > 0 ? 'no logon in time' : 'no logon in time, and no answer at all';
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
