/**
 * One call to a broker, under a deadline of our own (P7).
 *
 * 1. The call is made in the same turn of the event loop as `callBroker`: what was checked just before still holds.
 * 2. It ends by its deadline whatever the adapter does; one that ignores its signal is left behind.
 * 3. A deadline that comes late finds a process that stood still: an answer may have come in the meantime, and is let in first
 *    (A8). A call whose late answer is heard anyway (`onLate`) ends at once.
 * 4. Nothing is thrown: a throw, a rejection and silence come back as values. A listener of the signal that throws is contained.
 */
import type { Clock } from '../domain/ports.js';
import { causeOf } from '../domain/reading.js';
import { containedSignal } from './contained-signal.js';

/** So much later than it was due, a deadline says more of this process than of the broker. */
const STALLED_MS = 250;
/** What lies in the sockets by then is read within this time. */
const READING_MS = 250;

export type CallOutcome =
  | { readonly kind: 'answered'; readonly value: unknown }
  | { readonly kind: 'threw'; readonly cause: string }
  | { readonly kind: 'silent'; readonly cause: string };

/**
 * @param deadlineMs longest time to wait, in ms; 0 or less gives up in the next timer turn
 * @param onLate told what an abandoned call answered after all
 */
export function callBroker(
  clock: Clock,
  deadlineMs: number,
  call: (signal: AbortSignal) => Promise<unknown>,
  onLate?: (value: unknown) => void,
): Promise<CallOutcome> {
  const controller = new AbortController();
  const answer = begin(call, containedSignal(controller));
  return new Promise((resolve) => new CallUnderWay(clock, deadlineMs, controller, resolve, onLate).await(answer));
}

/** An object, not closures over each other: thousands are under way when a switch cancels thousands of orders. */
class CallUnderWay {
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  readonly #controller: AbortController;
  readonly #resolve: (outcome: CallOutcome) => void;
  readonly #onLate: ((value: unknown) => void) | undefined;
  readonly #dueAt: number;
  #timer: unknown;
  #isOver = false;

  constructor(
    clock: Clock,
    deadlineMs: number,
    controller: AbortController,
    resolve: (outcome: CallOutcome) => void,
    onLate: ((value: unknown) => void) | undefined,
  ) {
    this.#clock = clock;
    this.#deadlineMs = Math.max(0, deadlineMs);
    this.#controller = controller;
    this.#resolve = resolve;
    this.#onLate = onLate;
    this.#dueAt = clock.monotonic() + this.#deadlineMs;
    this.#timer = clock.setTimeout(() => this.#onDue(), this.#deadlineMs);
  }

  await(answer: Promise<unknown>): void {
    answer.then(
      (value) => {
        if (this.#isOver) this.#onLate?.(value);
        else this.#end({ kind: 'answered', value });
      },
      (error: unknown) => {
        if (!this.#isOver) this.#end({ kind: 'threw', cause: causeOf(error) });
      },
    );
  }

  #end(outcome: CallOutcome): void {
    this.#clock.clearTimeout(this.#timer);
    this.#resolve(outcome);
  }

  #onDue(): void {
    const isOnTime = this.#clock.monotonic() - this.#dueAt <= STALLED_MS;
    if (this.#onLate !== undefined || isOnTime) this.#giveUp();
    else this.#timer = this.#clock.setTimeout(() => this.#giveUp(), READING_MS);
  }

  #giveUp(): void {
    this.#isOver = true;
    this.#resolve({ kind: 'silent', cause: `no answer within ${this.#deadlineMs} ms` });
    this.#controller.abort();
  }
}

/** An adapter may throw before it returns a promise, or return none. */
function begin(call: (signal: AbortSignal) => Promise<unknown>, signal: AbortSignal): Promise<unknown> {
  try {
    return Promise.resolve(call(signal));
  } catch (error) {
    return Promise.reject(error);
  }
}
