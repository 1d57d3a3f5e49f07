/**
 * The counterparty's messages, in the order of their numbers.
 *
 * 1. A message is delivered when all before it have been. One that comes ahead of a gap is held, the gap is asked for
 *    (ResendRequest), and asked for again after waits that double, with a warning, until it is closed.
 * 2. A gap that is not closed by its deadline is not waited for any longer: what is held is delivered, and what comes. It is
 *    asked for on, and what is sent again late is delivered late.
 * 3. A message is counted when it has been delivered: what was held when a session ends is asked for again by the next.
 * 4. A number that was delivered comes again only as a possible duplicate (PossDupFlag); any other is too low.
 */
import type { Clock } from '../../../domain/ports.js';
import type { SequenceNumbers } from './sequence-numbers.js';

interface InflowParts<Message> {
  readonly numbers: SequenceNumbers;
  readonly clock: Clock;
  /** Longest time that messages are held for a gap, in ms. */
  readonly gapTimeoutMs: number;
  deliver(message: Message): void;
  /** Asks for everything from a number on. */
  requestResend(from: number): void;
  /** The gap that begins at a number has been asked for before, and nothing came. */
  unanswered(from: number): void;
  /** All that was sent has been delivered. */
  closed(): void;
  /** The deadline of a gap has passed. */
  timedOut(): void;
}

export interface Inflow<Message> {
  /** Takes a message; `false` when its number is too low. Without a message the number alone is counted. */
  take(number: number, message: Message | undefined, isDuplicate: boolean): boolean;
  /** A gap fill that stands for all before `next`. */
  fill(number: number, next: number): void;
  /** The counterparty has set its next number. */
  set(next: number): void;
  /** The numbers have begun anew: nothing is held, and nothing is missing. */
  restart(): void;
  readonly hasGap: boolean;
  dispose(): void;
}

const FIRST_WAIT_MS = 500;
const MOST_WAIT_MS = 30_000;
/** Messages that are held for a gap; more are not waited for. */
const MOST_HELD = 10_000;

type Held<Message> = { readonly message: Message | undefined; readonly next: number };

export function inflow<Message>(parts: InflowParts<Message>): Inflow<Message> {
  const { numbers, clock } = parts;
  const held = new Map<number, Held<Message>>();
  let highest = numbers.target - 1;
  let isOpen = false;
  let isOverdue = false;
  let waitMs = FIRST_WAIT_MS;
  let askTimer: unknown;
  let deadline: unknown;

  function deliver(number: number, { message, next }: Held<Message>): void {
    if (message !== undefined) parts.deliver(message);
    numbers.arrived(number, next);
  }

  function drain(): void {
    for (let next = held.get(numbers.target); next !== undefined; next = held.get(numbers.target)) {
      const number = numbers.target;
      held.delete(number);
      deliver(number, next);
    }
    for (const number of held.keys()) if (number < numbers.target) held.delete(number);
    if (isOpen && numbers.target > highest) close();
  }

  function close(): void {
    stop();
    parts.closed();
  }

  function stop(): void {
    isOpen = false;
    isOverdue = false;
    clock.clearTimeout(askTimer);
    clock.clearTimeout(deadline);
  }

  function open(): void {
    if (isOpen) return;
    isOpen = true;
    waitMs = FIRST_WAIT_MS;
    deadline = clock.setTimeout(overdue, parts.gapTimeoutMs);
    ask();
  }

  function ask(): void {
    const from = numbers.target;
    parts.requestResend(from);
    askTimer = clock.setTimeout(() => {
      // What comes is not asked for again; what does not come is.
      if (numbers.target > from) waitMs = FIRST_WAIT_MS;
      else {
        waitMs = Math.min(waitMs * 2, MOST_WAIT_MS);
        parts.unanswered(from);
      }
      ask();
    }, waitMs);
  }

  function overdue(): void {
    isOverdue = true;
    for (const [number, one] of [...held].sort(([a], [b]) => a - b)) {
      if (held.delete(number) && number >= numbers.target) deliver(number, one);
    }
    parts.timedOut();
  }

  function ahead(number: number, one: Held<Message>): void {
    highest = Math.max(highest, number);
    if (isOverdue) deliver(number, one);
    else held.set(number, one);
    open();
    if (held.size > MOST_HELD) overdue();
  }

  function inTurn(number: number, one: Held<Message>): void {
    highest = Math.max(highest, number);
    deliver(number, one);
    drain();
  }

  return {
    get hasGap() {
      return isOpen;
    },
    take(number, message, isDuplicate) {
      const one = { message, next: number + 1 };
      if (number > numbers.target) ahead(number, one);
      else if (number === numbers.target) inTurn(number, one);
      else if (!isDuplicate) return false;
      else if (message !== undefined) parts.deliver(message);
      return true;
    },
    fill(number, next) {
      if (number > numbers.target && !isOverdue) ahead(number, { message: undefined, next });
      else if (next > numbers.target) inTurn(Math.min(number, numbers.target), { message: undefined, next });
    },
    set(next) {
      numbers.setByPeer(next);
      highest = Math.max(highest, next - 1);
      drain();
    },
    restart() {
      stop();
      held.clear();
      highest = numbers.target - 1;
    },
    dispose: stop,
  };
}
