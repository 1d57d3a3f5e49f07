/**
 * For each kind of case: how urgent it is, and what a person does next at the broker.
 */
import type { CaseKind } from './cases.js';

/** `now`: a position may be without a stop-loss, or one is open that nobody meant. `today`: nothing is exposed as far as is known. */
export type Urgency = 'now' | 'today';

export interface CaseGuide {
  readonly urgency: Urgency;
  readonly next: string;
}

export const CASE_GUIDES: Readonly<Record<CaseKind, CaseGuide>> = {
  MISMATCH: {
    urgency: 'today',
    next: 'compare order and position at the broker with this; make its stop-loss cover what is there',
  },
  MISSING_POSITION: {
    urgency: 'today',
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
  PROTECTION_SIZE: { urgency: 'now', next: 'an exit is larger than the position: reduce it at the broker' },
  ENGINE_FAULT: {
    urgency: 'now',
    next: 'the engine failed on this execution: check order, position and exits at the broker',
  },
};
