/**
 * For each kind of case, and for what was found in it: how urgent it is, and what a person does next at the broker.
 */
import type { Case, CaseKind } from './cases.js';
import type { ReasonCode } from './reasons.js';

/** `now`: a position may be without a stop-loss, or one is open that nobody meant. `today`: nothing is exposed as far as is known. */
type Urgency = 'now' | 'today';

export interface CaseGuide {
  readonly urgency: Urgency;
  readonly next: string;
}

export const CASE_GUIDES: Readonly<Record<CaseKind, CaseGuide>> = {
  MISMATCH: {
    urgency: 'today',
    next: 'compare order and position at the broker with this; make its stop-loss cover what is there',
  },
  // An exit that still works for a position that is gone opens another.
  MISSING_POSITION: {
    urgency: 'now',
    next: 'find out at the broker who closed the position; cancel exits that still work for it',
  },
  PHANTOM_POSITION: {
    urgency: 'now',
    next: 'a position is open that should not be: find its order at the broker, then close or protect it',
  },
  MISSING_SL_TP: {
    urgency: 'now',
    next: 'place the missing stop-loss or take-profit at the broker, or close the position',
  },
  STRAY_FILL: { urgency: 'now', next: 'a fill came after the result: protect or close the position at the broker' },
  UNPROTECTED_POSITION: { urgency: 'now', next: 'place a stop-loss at the broker, or close the position' },
  STRAY_ORDER: {
    urgency: 'now',
    next: 'an order is open that the journal does not know: cancel it at the broker, or account for it',
  },
  FILL_BUSTED: { urgency: 'now', next: 'the venue took a fill back: reduce or cancel its exits at the broker' },
  FILL_CORRECTED: {
    urgency: 'today',
    next: 'the venue changed a fill: set size and prices of its exits right at the broker',
  },
  SIBLING_WORKING: { urgency: 'now', next: 'one exit has filled and the other still works: cancel it at the broker' },
  PROTECTION_LOST: {
    urgency: 'now',
    next: 'an exit has ended while the position is held: place it again, or close the position',
  },
  POSITION_REVERSED: { urgency: 'now', next: 'both exits have filled: close the reversed position at the broker' },
  PROTECTION_SIZE: { urgency: 'now', next: 'an exit is not for what is held: make it fit the position at the broker' },
  ENGINE_FAULT: {
    urgency: 'now',
    next: 'the engine failed on this execution: check order, position and exits at the broker',
  },
};

/** A journal of a later version may know more kinds. */
const UNKNOWN_KIND: CaseGuide = { urgency: 'now', next: 'compare orders, positions and exits at the broker with this' };

/** How an order stood whose loss exposes nothing. */
const OVER: ReadonlySet<string> = new Set(['filled', 'cancelled', 'rejected', 'expired']);

/** What was found counts before the kind: an order that can still fill would fill unwatched. */
export function guideOf({ kind, mismatches }: Pick<Case, 'mismatches'> & { readonly kind: string }): CaseGuide {
  const found = (...kinds: readonly ReasonCode[]) => mismatches.some((one) => kinds.includes(one.kind));
  if (found('ORDER_STILL_OPEN')) {
    return {
      urgency: 'now',
      next: 'the order can still fill: cancel it at the broker; protect or close what it has filled',
    };
  }
  if (mismatches.some(({ kind: one, expected }) => one === 'ORDER_NOT_FOUND' && !OVER.has(expected))) {
    return {
      urgency: 'now',
      next: 'the order may exist and fill: search for it at the broker; cancel it if it is open, protect or close its fills',
    };
  }
  if (found('QUERY_FAILED')) {
    return {
      urgency: 'now',
      next: 'the broker has not answered: find order, position and exits there; cancel the order if it is open',
    };
  }
  const isGone = kind === 'MISSING_POSITION' && found('MISSING_SL') && found('MISSING_TP');
  if (isGone)
    return { urgency: 'today', next: 'find out at the broker who closed the position; its exits are gone too' };
  return (CASE_GUIDES as Readonly<Record<string, CaseGuide>>)[kind] ?? UNKNOWN_KIND;
}
