/**
 * The laws: what must hold whatever broker, operator, clock and crash do. Data, shared by everything that checks them:
 * the exhaustive check, the property tests and the simulation.
 *
 * 1. A law keeps rules of docs/rules.md; the ids stand beside it.
 * 2. A law can be judged from outside: from the facts that went in, the commands that came out, and the result.
 */

export interface Law {
  readonly id: LawId;
  readonly sentence: string;
  /** Ids of the rules that the law keeps. */
  readonly rules: readonly string[];
}

const table = {
  L1: ['At most one accepted entry order per advisory.', 'S1 S2 S4 S5 A4 A6'],
  L2: ['No submit call after the gate has closed, after expiry, or at T ≥ 30 s.', 'V1 V7 V8 K2 K5 S5 T1'],
  L3: ['Deadlines never move.', 'T1 T4 S6'],
  L4: ['SL and TP equal the formula on the fill, rounded to the tick, on the right sides.', 'R2.1 R2.2 R2.4 B1'],
  L5: ['Nothing but protection ever reduces a position.', 'B3 K4 A4'],
  L6: [
    'cumQty falls only when the venue takes back or changes a fill, which is told at once; no fill that was told is forgotten.',
    'P2 P4 P5 P8 T5',
  ],
  L7: ['Filled > 0 implies protected, or a case.', 'B1 B2 B5 B6 P3 P6 M1'],
  L8: [
    'Exactly one reconciliation (one order query, one position query) per execution that may have reached the broker; none otherwise.',
    'R6.1',
  ],
  L9: ['An unknown outcome is never reported as a known one.', 'S3 S4 P3 A6'],
  L10: ['Any mismatch implies requiresManualResolution and a case.', 'R6.2 R6.3 R6.4 B5 M1'],
  L11: ['Every execution ends within its bound.', 'E3 P7 P9 P10 T3 T4 B2 A4'],
  L12: ['A kill switch never closes a position, and never delays protection.', 'B3 K4'],
  L13: ['The same advisory twice is one order.', 'E1 S1'],
  L14: ['The status says what happened, by the received time, and never changes.', 'T2 T3 P6 K1 K2 K3 K4 S6 V9'],
  L15: [
    'A live order is watched, and it is cancelled when a kill switch or T = 30 s wants that: at once, and for no other reason.',
    'P1 K3 T3 T4 P8 A4',
  ],
} as const satisfies Record<string, readonly [sentence: string, rules: string]>;

export type LawId = keyof typeof table;

/** Every law there is, by its id. */
export const laws: { readonly [Id in LawId]: Law } = Object.freeze(
  Object.fromEntries(
    Object.entries(table).map(([id, [sentence, rules]]) => [
      id,
      Object.freeze({ id, sentence, rules: Object.freeze(rules.split(' ')) }),
    ]),
  ),
) as unknown as { readonly [Id in LawId]: Law };
