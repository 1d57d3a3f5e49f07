/**
 * The figures of the rules, and the limits that run: written twice, by hand, and equal.
 */
import { expect, it } from 'vitest';
import {
  HARD_TIMEOUT_MS,
  LATE_FILL_WINDOW_MS,
  PROTECTION_LIMIT_MS,
  RECONCILIATION_LEAST_MS,
  RECONCILIATION_LIMIT_MS,
  VALIDATION_LIMIT_MS,
  WHOLE_CALL_MS,
} from '../../src/domain/limits.js';
import * as figures from '../../src/verify/figures.js';

it.each([
  ['T1: the hard timeout', HARD_TIMEOUT_MS, figures.HARD_TIMEOUT, 30_000],
  ['T1 T2: the late window', LATE_FILL_WINDOW_MS, figures.LATE_WINDOW, 2_000],
  ['T2: the end of the late window', HARD_TIMEOUT_MS + LATE_FILL_WINDOW_MS, figures.T_LATE, 32_000],
  ['B2: the time to protect', PROTECTION_LIMIT_MS, figures.PROTECTION, 5_000],
  ['E3: the time to validate', VALIDATION_LIMIT_MS, figures.VALIDATION, 10_000],
  ['E3: the time to reconcile', RECONCILIATION_LIMIT_MS, figures.RECONCILIATION, 10_000],
  ['E3: the least time to reconcile', RECONCILIATION_LEAST_MS, figures.RECONCILIATION_LEAST, 2_000],
  ['T4: a whole call', WHOLE_CALL_MS, figures.WHOLE_CALL, 3_000],
])('%s is what the rules say', (_, runs, judged, ms) => {
  expect(runs).toBe(ms);
  expect(judged).toBe(ms);
});
