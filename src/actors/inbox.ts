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

export function inbox<Fact>(turns: Turns, take: (fact: Fact) => void): Inbox<Fact> {
  const waiting: Fact[] = [];
  let isTaking = false;
  /** The urgency with which it stands in line. */
  let inLine: Urgency | undefined;

  function takeAll(): void {
    if (isTaking) return;
    isTaking = true;
    inLine = undefined;
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) take(next);
    } finally {
      isTaking = false;
    }
  }

  function standInLine(urgency: Urgency): void {
    // Who waits to be written down may have become urgent; when the other turn comes nothing is left.
    if (inLine === 'act' || inLine === urgency) return;
    inLine = urgency;
    turns.later(urgency, takeAll);
  }

  return {
    put(fact, urgency) {
      waiting.push(fact);
      if (isTaking) return;
      if (urgency === 'now' || (inLine === undefined && turns.isFree(urgency))) takeAll();
      else standInLine(urgency);
    },
    takeAll,
    get isEmpty() {
      return waiting.length === 0;
    },
  };
}
