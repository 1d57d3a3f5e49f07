/**
 * One connection, and the FIX session on it.
 *
 * 1. A session ends once, with its cause; a new one is made for each connection.
 * 2. It is ready after the counterparty's Logon, once what was missed has been sent again, or the deadline for that has
 *    passed. It is not ready from a Logout on.
 * 3. A message that is garbled is ignored; it is missed by the next number, which a TestRequest brings about at once.
 * 4. A message under other CompIDs is rejected, and the session logged out. It is not counted: it is asked for again.
 * 5. What the counterparty asks for again is skipped by a gap fill, up to the last number that was used: an order is not sent
 *    again, and no number is given away.
 * 6. A message that comes while gaps are filled is taken in its turn (`inflow.ts`).
 */
import type { Received } from './execution-report.js';
import type { About } from './fields.js';
import { type FrameReader, frameReader, type WireMessage } from './frames.js';
import { type Inflow, inflow } from './inflow.js';
import type { LoadedFix } from './library.js';
import type { Body } from './messages.js';
import { type Outflow, outflow } from './outflow.js';
import { pulse } from './pulse.js';
import { unansweredLogon } from './refusals.js';
import { objectionTo } from './screening.js';
import type { SequenceNumbers } from './sequence-numbers.js';
import type { FixSettings } from './settings.js';
import { TAG } from './tags.js';
import type { Transport } from './transport.js';

interface SessionListener {
  /** `isAnew`: what was missed is not sent again. */
  ready(isAnew: boolean): void;
  /** Any message that is sound has come, the session's own among them. */
  heard(message: Received): void;
  /** A message of the application, in its turn. */
  received(message: Received): void;
  /** The counterparty's Logout, or its Reject of the Logon, with its text; `sent` is the number of our last message. */
  refused(text: string, sent: number): void;
  /** The counterparty has begun its sequence numbers anew, or left some out, and we had not asked for it. */
  renumbered(what: string): void;
  /** The counterparty asked for our messages from a number up to `next`, and got a gap fill: it has not received them. */
  skipped(from: number, next: number): void;
  /** Something that an operator must see, and that does not end the session. */
  warn(what: string): void;
  /** Called once. */
  ended(cause: string): void;
}

export interface FixSession {
  /** Hands a message over, once both sides have logged on; its sequence number, or `undefined` when it was not taken. */
  send(type: string, body: Body, about?: About): number | undefined;
  /** Sends a Logout; the end follows when it is confirmed. */
  logOut(): void;
  /** Ends the session and the connection now. */
  end(cause: string): void;
}

const VALUE_IS_INCORRECT = 5;
const COMP_ID_PROBLEM = 9;
/** Longest wait for the counterparty to close the connection after a Logout, in ms. */
const HANG_UP_MS = 500;
/** Least time between two TestRequests for what was garbled, and longest that a message may be in pieces, in ms. */
const PROBE_MS = 1_000;

/** Begins a session on a connection that is made. `resets` asks for new sequence numbers. */
export function fixSession(
  loaded: LoadedFix,
  settings: FixSettings,
  numbers: SequenceNumbers,
  resets: boolean,
  transport: Transport,
  listener: SessionListener,
): FixSession {
  return new Session(loaded, settings, numbers, resets, transport, listener);
}

class Session implements FixSession {
  readonly #loaded: LoadedFix;
  readonly #settings: FixSettings;
  readonly #numbers: SequenceNumbers;
  readonly #resets: boolean;
  readonly #transport: Transport;
  readonly #listener: SessionListener;
  readonly #outflow: Outflow;
  readonly #reader: FrameReader = frameReader();
  readonly #inflow: Inflow<Received>;
  readonly #pulse: ReturnType<typeof pulse>;
  #state: 'logging on' | 'up' | 'logging out' | 'ended' = 'logging on';
  #isReady = false;
  /** The last word has been said: nothing more is read. */
  #isClosing = false;
  /** Since when bytes are held of a message that has not come to its end. */
  #partialSince: number | undefined;
  #probedAt = Number.NEGATIVE_INFINITY;
  /** Why the session is about to end. */
  #cause: string | undefined;

  constructor(
    loaded: LoadedFix,
    settings: FixSettings,
    numbers: SequenceNumbers,
    resets: boolean,
    transport: Transport,
    listener: SessionListener,
  ) {
    this.#loaded = loaded;
    this.#settings = settings;
    this.#numbers = numbers;
    this.#resets = resets;
    this.#transport = transport;
    this.#listener = listener;
    this.#outflow = outflow(loaded, settings, numbers, (bytes) => {
      transport.write(bytes);
      this.#pulse.sent();
    });
    if (resets) numbers.reset(settings.schedule === undefined ? undefined : settings.clock.now());
    this.#inflow = inflow<Received>({
      numbers,
      clock: settings.clock,
      gapTimeoutMs: settings.gapTimeoutMs,
      deliver: (message) => this.#deliver(message),
      requestResend: (from) => this.#write('2', { BeginSeqNo: from, EndSeqNo: 0 }),
      unanswered: (from) =>
        listener.warn(
          `${settings.targetCompId} has not sent again its messages from ${from} on; they are asked for again`,
        ),
      closed: () => this.#ready(false),
      timedOut: () => this.#ready(true),
    });
    this.#pulse = pulse(settings, {
      beat: () => this.#write('0', {}),
      test: (id) => this.#write('1', { TestReqID: id }),
      // Bytes that never become a message are found out by the message behind them.
      look: () => this.#lookAtRest(),
      silent: () => this.end('peer not responding: no message for 2.5 heartbeats'),
    });
    transport.onData((bytes) => this.#guarded(() => this.#data(bytes)));
    transport.onEnd((what) => this.#connectionEnded(what));
    this.#guarded(() => this.#outflow.logOn(resets));
  }

  send(type: string, body: Body, about?: About): number | undefined {
    return this.#state === 'up' ? this.#write(type, body, about) : undefined;
  }

  logOut(): void {
    if (this.#state === 'logging on') this.end('closed before the Logon was answered');
    if (this.#state !== 'up') return;
    this.#state = 'logging out';
    this.#isReady = false;
    this.#write('5', {});
  }

  end(cause: string): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#isReady = false;
    this.#pulse.stop();
    this.#inflow.dispose();
    this.#transport.destroy();
    this.#listener.ended(this.#cause ?? cause);
  }

  #write(type: string, body: Body, about: About = {}): number | undefined {
    return this.#state === 'ended' ? undefined : this.#outflow.write(type, body, about);
  }

  /** A fault in what a message leads to ends the session, and not the process: what was not counted is asked for again. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.end(error instanceof Error ? error.message : String(error));
    }
  }

  #connectionEnded(what: string): void {
    const isUnanswered = this.#state === 'logging on';
    this.end(isUnanswered ? unansweredLogon(what, this.#settings, this.#transport.firstBytes) : what);
  }

  #data(bytes: Buffer): void {
    for (const frame of this.#reader.push(bytes)) {
      if (this.#state === 'ended' || this.#isClosing) return;
      if (frame.kind === 'message') {
        this.#settings.log?.('in', this.#settings.clock.now(), frame.message.bytes);
        this.#message(frame.message);
      }
      if (frame.kind === 'garbled') this.#garbled(frame.why);
    }
  }

  #garbled(why: string): void {
    if (this.#state !== 'up') return;
    this.#listener.warn(`${this.#settings.targetCompId} has sent a garbled message, which is ignored: ${why}`);
    this.#probe();
  }

  #lookAtRest(): void {
    const now = this.#settings.clock.monotonic();
    this.#partialSince = this.#reader.isPartial ? (this.#partialSince ?? now) : undefined;
    if (this.#partialSince !== undefined && now - this.#partialSince >= PROBE_MS) this.#probe();
  }

  /** Its answer has the next number, and shows what is missing. */
  #probe(): void {
    const now = this.#settings.clock.monotonic();
    if (this.#state !== 'up' || now - this.#probedAt < PROBE_MS) return;
    this.#probedAt = now;
    this.#pulse.test();
  }

  #message(message: WireMessage): void {
    this.#pulse.heard();
    const problem = this.#problemOf(message);
    if (problem !== undefined) {
      this.#hangUp(problem.text, problem.isCompId ? message : undefined);
      return;
    }
    this.#listener.heard(message);
    if (this.#state === 'logging on') this.#answerToLogon(message);
    else this.#inSession(message, Number(message.field(TAG.msgSeqNum)));
  }

  #problemOf(message: WireMessage): { readonly text: string; readonly isCompId: boolean } | undefined {
    const { version, senderCompId, targetCompId } = this.#settings;
    const [from, to] = [message.field(TAG.senderCompId), message.field(TAG.targetCompId)];
    if (message.beginString !== version) return { text: `its BeginString is ${message.beginString}`, isCompId: false };
    if (from !== targetCompId || to !== senderCompId) {
      const text = `CompID problem: a message from ${from} to ${to}, where ${targetCompId} and ${senderCompId} are agreed`;
      return { text, isCompId: true };
    }
    const number = Number(message.field(TAG.msgSeqNum));
    const isNumbered = Number.isSafeInteger(number) && number > 0;
    return isNumbered ? undefined : { text: 'a message without MsgSeqNum', isCompId: false };
  }

  /** Logs out, and ends the connection. The message that is `wrong` by its CompIDs is rejected first. */
  #hangUp(cause: string, wrong?: WireMessage): void {
    this.#cause = cause;
    this.#isReady = false;
    const number = Number(wrong?.field(TAG.msgSeqNum));
    if (wrong !== undefined && this.#state === 'up' && Number.isSafeInteger(number)) {
      const about = { RefSeqNum: number, RefMsgType: wrong.type, SessionRejectReason: COMP_ID_PROBLEM };
      this.#write('3', { ...about, Text: 'CompID problem' });
    }
    this.#write('5', { Text: cause });
    this.#close(cause);
  }

  /** No more is read; what was written goes out, and the connection ends. */
  #close(cause: string): void {
    this.#isClosing = true;
    this.#state = 'logging out';
    this.#transport.end();
    const timer = this.#settings.clock.setTimeout(() => this.end(cause), HANG_UP_MS);
    this.#transport.onEnd(() => this.#settings.clock.clearTimeout(timer));
  }

  #answerToLogon(message: WireMessage): void {
    if (message.type === 'A') this.#logon(message);
    else if (message.type === '5' || message.type === '3') {
      const text = message.field(TAG.text) ?? '';
      // A Logout counts like any other: it is not sent again after the next logon.
      this.#count(message);
      this.#listener.refused(
        message.type === '5' ? text : `${text} (${rejectFields(message)})`,
        this.#numbers.sender - 1,
      );
      this.#close('the Logon was refused');
    } else this.#hangUp(`its first message is ${message.type}, and no Logon`);
  }

  #count(message: WireMessage): void {
    const number = Number(message.field(TAG.msgSeqNum));
    if (number === this.#numbers.target) this.#numbers.arrived(number);
  }

  #logon(message: WireMessage): void {
    const number = Number(message.field(TAG.msgSeqNum));
    const isReset = message.field(TAG.resetSeqNumFlag) === 'Y';
    this.#state = 'up';
    this.#pulse.start();
    if (isReset && !this.#resets) this.#beginAnew(number);
    if (!this.#inflow.take(number, undefined, message.field(TAG.possDupFlag) === 'Y')) this.#tooLow(number);
    else if (!this.#inflow.hasGap) this.#ready(isReset);
  }

  #beginAnew(number: number): void {
    this.#numbers.reset(this.#numbers.since);
    this.#numbers.setByPeer(number);
    this.#inflow.restart();
    this.#listener.renumbered('has begun its sequence numbers anew');
  }

  /** A Logon within the session: the counterparty begins its numbers anew, and so do we. */
  #logonAgain(number: number): void {
    this.#beginAnew(number);
    this.#inflow.take(number, undefined, false);
    this.#outflow.logOn(true);
    this.#listener.ready(true);
  }

  #tooLow(number: number): void {
    const expected = this.#numbers.target;
    this.#hangUp(
      `its MsgSeqNum ${number} is too low, ${expected} was expected: it has begun anew without telling; agree on the numbers with the counterparty (the option schedule says when they begin anew), or start once with resetOnLogon`,
    );
  }

  #ready(isAnew: boolean): void {
    if (this.#isReady || this.#state !== 'up') return;
    this.#isReady = true;
    this.#listener.ready(isAnew || this.#resets);
  }

  #inSession(message: WireMessage, number: number): void {
    const isDuplicate = message.field(TAG.possDupFlag) === 'Y';
    if (message.type === 'A' && message.field(TAG.resetSeqNumFlag) === 'Y') this.#logonAgain(number);
    else if (message.type === '4') this.#sequenceReset(message, number, isDuplicate);
    else if (!this.#isAdmin(message.type)) {
      if (!this.#inflow.take(number, message, isDuplicate)) this.#tooLow(number);
    } else if (number < this.#numbers.target && !isDuplicate && message.type !== '5') this.#tooLow(number);
    else {
      // The session's own messages are answered at once, also ahead of a gap; only their number has a turn.
      if (!isDuplicate || number >= this.#numbers.target) this.#admin(message);
      if (this.#state !== 'ended') this.#inflow.take(number, undefined, true);
    }
  }

  #isAdmin(type: string): boolean {
    return type === '0' || type === '1' || type === '2' || type === '5' || type === 'A';
  }

  #admin(message: WireMessage): void {
    if (message.type === '1') this.#write('0', { TestReqID: message.field(TAG.testReqId) ?? '' });
    if (message.type === '2') this.#resend(Number(message.field(TAG.beginSeqNo)), Number(message.field(TAG.endSeqNo)));
    if (message.type === '5') this.#loggedOut(message);
  }

  #loggedOut(message: WireMessage): void {
    const text = message.field(TAG.text) ?? '';
    const isConfirmation = this.#state === 'logging out';
    this.#isReady = false;
    this.#listener.refused(text, this.#numbers.sender - 1);
    if (isConfirmation) {
      this.#count(message);
      this.end('logged out');
      return;
    }
    this.#write('5', {});
    this.#close('logged out');
  }

  #sequenceReset(message: WireMessage, number: number, isDuplicate: boolean): void {
    const next = Number(message.field(TAG.newSeqNo));
    const isFill = message.field(TAG.gapFillFlag) === 'Y';
    if (!Number.isSafeInteger(next) || next <= (isFill ? number : 0) || (!isFill && next < this.#numbers.target)) {
      const about = { RefSeqNum: number, RefTagID: TAG.newSeqNo, RefMsgType: '4' };
      this.#write('3', { ...about, SessionRejectReason: VALUE_IS_INCORRECT, Text: 'NewSeqNo is lower than expected' });
      return;
    }
    if (isFill) {
      if (number < this.#numbers.target && !isDuplicate) this.#tooLow(number);
      else this.#inflow.fill(number, next);
      return;
    }
    if (next !== this.#numbers.target) this.#listener.renumbered(`has set its sequence number to ${next}`);
    this.#inflow.set(next);
  }

  /** Fills what is asked for, up to the next number. */
  #resend(from: number, to: number): void {
    const next = this.#numbers.sender;
    if (!Number.isSafeInteger(from) || from < 1 || from >= next) {
      this.#listener.warn(
        `${this.#settings.targetCompId} asks for messages from ${from} on, which were never sent (the next is ${next})`,
      );
      return;
    }
    const newSeqNo = to >= from && to < next ? to + 1 : next;
    this.#outflow.fill(from, newSeqNo);
    this.#listener.skipped(from, newSeqNo);
  }

  #deliver(message: Received): void {
    const objection = objectionTo(message, this.#loaded.dictionary, this.#settings);
    if (objection !== undefined) this.#write(objection.type, objection.body);
    this.#listener.received(message);
  }
}

/** The fields of a Reject that say what it is about. */
function rejectFields(message: Received): string {
  const fields = [
    ['RefTagID', TAG.refTagId],
    ['RefMsgType', TAG.refMsgType],
    ['SessionRejectReason', TAG.sessionRejectReason],
  ] as const;
  return fields.map(([name, tag]) => `${name} ${tag}=${message.field(tag) ?? ''}`).join(', ');
}
