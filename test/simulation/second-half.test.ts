/**
 * The second five hundred of the thousand seeds that every test run simulates; two files, so that they run side by side.
 */
import { describe, it } from 'vitest';
import { BLOCK_TIMEOUT_MS, expectLawAbiding } from './law-abiding.js';

describe('the second half of a thousand seeds', () => {
  it.each([501, 601, 701, 801, 901])(
    'every law holds at every step, for a hundred seeds from %i on',
    (start) => expectLawAbiding(start, 100),
    BLOCK_TIMEOUT_MS,
  );
});
