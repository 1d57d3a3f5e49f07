/**
 * The sequence numbers of the session, and nothing else of it.
 *
 * 1. No message is kept: an order is never sent again (gaps are filled, not replayed), and a Logon with its password is
 *    never on disk.
 * 2. Our own number never goes back but by a reset. It is kept before the message leaves: a number is used once.
 * 3. The counterparty's number is the first that did not arrive. Behind a gap it stands still until the gap is filled: a
 *    connection that ends before then is followed by one that asks for the same messages again.
 * 4. Who only looks (`peek`) leaves the counterparty's number as it was: the next process asks for what came meanwhile.
 * 5. With a folder, a number is with the operating system before the call returns. Numbers that are missing or cannot be
 *    read are an error, never a beginning anew.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { FixSettings } from './settings.js';
import { readText, replaceText, storePath } from './store-folder.js';

export interface SequenceNumbers {
  /** The number of our next message. */
  readonly sender: number;
  /** The number of the counterparty's first message that has not arrived. */
  readonly target: number;
  /** True when numbers of an earlier session were found. */
  readonly isContinued: boolean;
  /** The counterparty told what it expects. */
  expectedByPeer(sender: number): void;
  /** A message of the counterparty's has been taken in; it stands for all before `next`, which is the following one but for a gap fill. */
  arrived(number: number, next?: number): void;
  /** The counterparty has set its number, whatever was before it. */
  setByPeer(next: number): void;
  /** The number of the message that goes out now; it is not used again. */
  takeSender(): number;
  /** Both begin anew, at a time in epoch ms where that matters. */
  reset(at?: number): void;
  /** When they began, in epoch ms; `undefined` when that is not known. */
  readonly since: number | undefined;
  /** Nothing is kept afterwards. */
  close(): void;
}

const WIDTH = 20;

/**
 * @param hasOrders orders of an earlier process are known
 * @throws {Error} when the folder cannot be written, or what is in it cannot be read
 */
export function sequenceNumbers(settings: FixSettings, hasOrders: boolean): SequenceNumbers {
  const file = settings.storeFolder === undefined ? undefined : open(settings, settings.storeFolder, hasOrders);
  const incoming = incomingNumbers(file?.found.target ?? 1);
  let sender = file?.found.sender ?? 1;
  /** What is written for the next process by one that only looks. */
  let unseen = incoming.next;
  let since = file?.found.since;
  let isClosed = false;

  function keep(): void {
    const line = lineOf(sender, settings.peek ? unseen : incoming.next, since);
    if (file !== undefined && !isClosed) writeSync(file.descriptor, line, 0);
  }

  return {
    get sender() {
      return sender;
    },
    get target() {
      return incoming.next;
    },
    isContinued: file !== undefined && (file.found.sender > 1 || file.found.target > 1),
    expectedByPeer(value) {
      sender = value;
      keep();
    },
    arrived(number, next = number + 1) {
      if (incoming.arrived(number, next)) keep();
    },
    setByPeer(next) {
      if (next <= incoming.next) return;
      incoming.set(next);
      keep();
    },
    takeSender() {
      sender += 1;
      keep();
      return sender - 1;
    },
    get since() {
      return since;
    },
    reset(at) {
      since = at;
      sender = 1;
      unseen = 1;
      incoming.set(1);
      keep();
    },
    close() {
      if (file !== undefined && !isClosed) closeSync(file.descriptor);
      isClosed = true;
    },
  };
}

/** Which of the counterparty's messages have arrived: all before `next`, and some behind it. */
function incomingNumbers(first: number) {
  let next = first;
  const ahead = new Set<number>();
  return {
    get next() {
      return next;
    },
    set(value: number): void {
      next = value;
      ahead.clear();
    },
    /** True when `next` has moved. */
    arrived(number: number, following: number): boolean {
      const before = next;
      if (number <= next) next = Math.max(next, following);
      // A gap fill behind another gap is asked for again: what it spans may be any number.
      else if (following === number + 1) ahead.add(number);
      while (ahead.delete(next)) next += 1;
      if (next !== before) for (const one of ahead) if (one < next) ahead.delete(one);
      return next !== before;
    },
  };
}

/** Of one length, whatever the numbers are: a line is written over the one before. */
const lineOf = (sender: number, target: number, since: number | undefined): string =>
  `${[sender, target, ...(since === undefined ? [] : [since])].map((number) => String(number).padStart(WIDTH)).join(' : ')}\n`;

function open(settings: FixSettings, folder: string, hasOrders: boolean) {
  const path = storePath(settings, folder, 'seqnums');
  const text = readText(path);
  const [, sender, target, since] = /^\s*(\d{1,15}) : \s*(\d{1,15})(?: : \s*(\d{1,15}))?\s*$/.exec(text ?? '') ?? [];
  const isRead = Number(sender) > 0 && Number(target) > 0;
  const found = {
    sender: isRead ? Number(sender) : 1,
    target: isRead ? Number(target) : 1,
    since: since === undefined ? undefined : Number(since),
  };
  const problem = isRead
    ? undefined
    : text !== undefined
      ? `${path} holds no sequence numbers`
      : hasOrders
        ? `${path} is missing, and orders were sent before`
        : undefined;
  if (problem !== undefined && !settings.resetOnLogon) {
    throw new Error(
      `FIX: ${problem}. To begin anew loses the reports that were missed; if that is what you want, agree on it with ${settings.targetCompId}, and start once with resetOnLogon`,
    );
  }
  if (!isRead) replaceText(path, lineOf(1, 1, undefined));
  return { found, descriptor: openSync(path, 'r+') };
}
