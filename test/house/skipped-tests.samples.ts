/**
 * Samples of tests that do not run, as strings: on them two checks prove that they would find one.
 *
 * 1. No test of this project is singled out, skipped or left to be done; the words stand here so that the checks can be seen to fail.
 */
import type { Control } from './sources.js';

/** For the law that every test runs. */
export const SKIPPED_TESTS: Control = {
  given: {
    'test/a.test.ts': "it.only('a', f);\ndescribe.skip('b', f);\nit.concurrent.todo('c');\nit.skip.each([1])('d', f);",
    'test/good.test.ts': "// it.skip\nit('it.only', f);\nlist.skip(1);\nit.each([1])('x', f);",
  },
  caught: [
    'test/a.test.ts:1 says it.only',
    'test/a.test.ts:2 says describe.skip',
    'test/a.test.ts:3 says it.todo',
    'test/a.test.ts:4 says it.skip',
  ],
};

/** For the names that count as a proof of a rule: these do not. */
export const TESTS_THAT_PROVE_NOTHING: readonly (readonly [what: string, source: string, names: readonly string[]])[] =
  [
    ['nothing that is skipped', "it.skip('T2: a', f); describe.skip('b', () => { it('T3: c', f); });", []],
    ['nothing that is skipped by a table', "it.skip.each([['T2: a']])('%s', f);", []],
    ['nothing that is left to be done', "it.todo('T2: a'); it('T3: b'); it('T4: c', { todo: true }, f);", []],
  ];
