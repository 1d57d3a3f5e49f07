/**
 * Every rule has something that keeps it and something that proves it; `docs/traceability.md` says what.
 *
 * `npm run traceability` writes the page anew; this test compares it byte by byte.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseAst } from 'vitest/node';
import { laws } from '../../src/domain/laws.js';
import { executionMachine } from '../../src/machines/execution.machine.js';
import { killSwitchMachine } from '../../src/machines/kill-switch.machine.js';
import { protectionMachine } from '../../src/machines/protection.machine.js';
import { KEPT_BY } from '../../src/verify/kept-by.js';
import { rulesIn, rulesOfName, type TraceInput, trace } from '../../src/verify/traceability.js';
import { transitionsOf } from '../../src/verify/transitions.js';
import { TESTS_THAT_PROVE_NOTHING } from '../house/skipped-tests.samples.js';
import { testNames } from './test-names.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(posix.join(ROOT, path), 'utf8');
const PAGE = posix.join(ROOT, 'docs/traceability.md');

function testsIn(folder: string): TraceInput['tests'] {
  return readdirSync(posix.join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return testsIn(path);
    if (!entry.name.endsWith('.test.ts')) return [];
    return [{ path, names: testNames(parseAst(read(path), { lang: 'ts' })) }];
  });
}

/** This file speaks of ids that are none. */
const proofs = testsIn('test').filter(({ path }) => !path.endsWith('traceability.test.ts'));

const input: TraceInput = {
  rulesText: read('docs/rules.md'),
  charts: [executionMachine, protectionMachine, killSwitchMachine].map((chart) => ({
    name: chart.id,
    edges: transitionsOf(chart),
  })),
  laws: Object.values(laws),
  keptBy: KEPT_BY,
  tests: proofs,
};

describe('every rule', () => {
  const { page, problems } = trace(input);

  it('is kept by a transition, a law or a named module, and is in the name of a test; and no other id is about', () => {
    expect(problems).toEqual([]);
  });

  it('is traced in docs/traceability.md, both ways', async () => {
    await expect(page).toMatchFileSnapshot(PAGE);
  });

  it('that a module keeps is kept by one that is there', () => {
    const missing = Object.values(KEPT_BY).filter(({ module }) => !existsSync(posix.join(ROOT, module)));
    expect(missing).toEqual([]);
  });
});

describe('the names of tests', () => {
  it.each([
    ['T2: a fill at T = 30 s', ['T2']],
    ['P6 B1: closed by the broker', ['P6', 'B1']],
    ['before the order (K2, K5)', ['K2', 'K5']],
    ['both sides of each [R6.3]', ['R6.3']],
    ['%s is refused by name [R1.3 V2–V4]', ['R1.3', 'V2', 'V3', 'V4']],
    ['T = 30 s is the end', []],
    ['A good day', []],
    ['ADV-A1', []],
    ['Z9: no such rule', ['Z9']],
    ['T2 Q7: one is, one is not', ['T2', 'Q7']],
    ['K10: there are not so many', ['K10']],
    ['R2.9: nor of these', ['R2.9']],
    ['late (W1)', ['W1']],
  ])('%s', (name, ids) => {
    expect(rulesOfName(name)).toEqual(ids);
  });
});

/** What a test file can say that is, and is not, the name of a test. */
describe('a test file', () => {
  const namesOf = (source: string) => testNames(parseAst(source, { lang: 'ts' }));

  it.each([
    ['a test', "it('T2: a', f);", ['T2: a']],
    ['a group, and what is in it', "describe('b [K3]', () => { test('T2: a', f); });", ['b [K3]', 'T2: a']],
    ['a template', `it(\`\${text} [P1]\`, f);`, ['… [P1]']],
    ['no other string', "export const note = 'M2: none'; it('a', () => expect('T5: x').toBe('T6: y'));", ['a']],
    ['what runs here or there', "it.runIf(x)('T2: a', f); it.skipIf(y)('T3: b', f);", ['T2: a', 'T3: b']],
    ['each row of a table', "it.each([['T2: a', 1], ['b', 2]] as const)('%s: %i', f);", ['T2: a: 1', 'b: 2']],
    ['no cell that is not in the name', "it.each([['a', 'T2: b']])('%s', f);", ['a']],
    ['rows by name', "const rows = [{ name: 'T2: a' }, { name: 'b' }]; it.each(rows)('$name', f);", ['T2: a', 'b']],
    ['keys', "const all = { 'T2: a': 1, b: 2 }; it.each(Object.entries(all))('%s', f);", ['T2: a', 'b']],
    ['a table that is computed', "it.each(make('T2: a'))('%s', f);", ['%s', 'T2: a']],
    [
      'each call of what makes tests',
      `function story(ids: string, text: string) { it(\`\${text} [\${ids}]\`, f); } story('T2', 'a'); story('K3', 'b');`,
      ['a [T2]', 'b [K3]'],
    ],
    [
      'each call of what makes tests with what makes tests',
      `const one = (s: number) => two('T2', \`at \${s}\`); const two = (a: string, b: string) => it(\`\${b} [\${a}]\`, f); one(5);`,
      ['at 5 [T2]'],
    ],
  ])('gives %s', (_, source, names) => {
    expect(namesOf(source)).toEqual(names);
  });

  it.each(TESTS_THAT_PROVE_NOTHING)('gives %s', (_, source, names) => {
    expect(namesOf(source)).toEqual(names);
  });
});

describe('the trace', () => {
  const [first] = rulesIn(input.rulesText).filter(({ id }) => id === 'T2');
  const small = { ...input, rulesText: '| `T2` | A fill. |\n', charts: [], laws: [], keptBy: {}, tests: [] };

  it('reads the rules', () => {
    expect(first?.gist).toContain('FILLED');
  });

  it('misses what keeps and what proves a rule', () => {
    expect(trace(small).problems).toEqual([
      'T2 is kept by no transition, no law and no module',
      'T2 is in the name of no test',
    ]);
  });

  it('misses a module that keeps a rule of a principle, and that the row of the principle does not name', () => {
    const rulesText =
      '| `R1` | **Frozen.** | `src/a.ts` copies. | `R1.1` `R1.2` |\n| `R1.1` | It is copied. |\n| `R1.2` | It is hashed. |\n';
    const keptBy = {
      'R1.1': { module: 'src/a.ts', because: 'y' },
      'R1.2': { module: 'src/b.ts', because: 'y' },
    };
    const tests = [{ path: 'test/a.test.ts', names: ['R1.1 R1.2: both'] }];
    expect(trace({ ...small, rulesText, keptBy, tests }).problems).toEqual([
      'R1 is kept by src/b.ts, and its row does not say so',
    ]);
  });

  it('names an id that no rule has, wherever it stands', () => {
    const law = { ...laws.L14, rules: ['T2', 'T9'] };
    const tests = [{ path: 'test/a.test.ts', names: ['T2 K9: late', 'Z9: of nothing', 'late [T2 Q12]'] }];
    expect(trace({ ...small, laws: [law], tests, keptBy: { A9: { module: 'x', because: 'y' } } }).problems).toEqual([
      'L14 names T9, which is no rule',
      'the list of modules names A9, which is no rule',
      'test/a.test.ts names K9, which is no rule',
      'test/a.test.ts names Z9, which is no rule',
      'test/a.test.ts names Q12, which is no rule',
    ]);
  });
});
