/**
 * A row of an exchange's table: which answers it is for, and what these prove.
 */
import type { Proof } from '../proof.js';

export interface Row {
  /** HTTP statuses, both ends included; when absent any for `unknown`, else 200 to 499. */
  readonly status?: readonly [least: number, most: number];
  /** What the exchange's code must be; `ok` is a success in its own words. Absent: it said what it said, or nothing. */
  readonly code?: RegExp | 'ok' | 'any';
  /** What its message must say. */
  readonly says?: RegExp;
  /** True: only for the exits. */
  readonly exitOnly?: boolean;
  /** True: only when the answer carries an order id. */
  readonly withId?: boolean;
  readonly proves: Proof;
  readonly why: string;
}
