/**
 * The facts of one execution, taken one after the other in the order in which they came. What one sets off while it is under way
 * waits until it is done.
 *
 * 1. A fact is put off while the event loop is busy with very many others ({@link Turns}); what came before it stays before it.
 * 2. One that may not be put off (`now`) is taken in the turn of the call, after all that came before it.
 */
import type { Turns, Urgency } from './turns.js';

export interface Inbox<Fact> {
  put(fact: Fact, urgency: Urgency | 'now'): void;
  /** Takes all that is put off. */
  takeAll(): void;
  readonly isEmpty: boolean;
}

export const inbox = <Fact>(turns: Turns, take: (fact: Fact) => void): Inbox<Fact> => new FactInbox(turns, take);

/** A class, as is whatever each execution has of its own: closures and getters on each object took most of its memory. */
class FactInbox<Fact> implements Inbox<Fact> {
  readonly #turns: Turns;
  readonly #take: (fact: Fact) => void;
  /** There is a list only while something waits, which is seldom. */
  #waiting: Fact[] | undefined;
  #isTaking = false;
  /** The urgency with which it stands in line. */
  #inLine: Urgency | undefined;

  constructor(turns: Turns, take: (fact: Fact) => void) {
    this.#turns = turns;
    this.#take = take;
  }

  get isEmpty(): boolean {
    return this.#waiting === undefined;
  }

  put(fact: Fact, urgency: Urgency | 'now'): void {
    const isTaken = !this.#isTaking && (urgency === 'now' || this.#isFree(urgency));
    if (isTaken && this.#waiting === undefined) {
      this.#takeFrom(fact);
      return;
    }
    this.#waiting ??= [];
    this.#waiting.push(fact);
    if (isTaken) this.takeAll();
    else if (!this.#isTaking && urgency !== 'now') this.#standInLine(urgency);
  }

  takeAll(): void {
    if (this.#isTaking) return;
    this.#inLine = undefined;
    const first = this.#next();
    if (first !== undefined) this.#takeFrom(first);
  }

  /** Takes it, and all that waits behind it. */
  #takeFrom(first: Fact): void {
    this.#isTaking = true;
    this.#inLine = undefined;
    try {
      for (let fact: Fact | undefined = first; fact !== undefined; fact = this.#next()) this.#take(fact);
    } finally {
      this.#isTaking = false;
    }
  }

  #next(): Fact | undefined {
    const next = this.#waiting?.shift();
    if (this.#waiting?.length === 0) this.#waiting = undefined;
    return next;
  }

  #isFree(urgency: Urgency): boolean {
    return this.#inLine === undefined && this.#turns.isFree(urgency);
  }

  #standInLine(urgency: Urgency): void {
    // Who waits to be written down may have become urgent; when the other turn comes nothing is left.
    if (this.#inLine === 'act' || this.#inLine === urgency) return;
    this.#inLine = urgency;
    this.#turns.later(urgency, () => this.takeAll());
  }
}
