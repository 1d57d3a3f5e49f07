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
import { KEPT_BY } from '../../src/verify/kept-by.js';
import { rulesIn, rulesOfName, type TraceInput, trace } from '../../src/verify/traceability.js';
import { transitionsOf } from '../../src/verify/transitions.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(posix.join(ROOT, path), 'utf8');
const PAGE = posix.join(ROOT, 'docs/traceability.md');

/** Strings of the source, in the order in which they stand. */
function stringsIn(node: unknown): readonly string[] {
  if (Array.isArray(node)) return node.flatMap(stringsIn);
  if (typeof node !== 'object' || node === null) return [];
  const { type, value, quasis } = node as {
    type?: string;
    value?: unknown;
    quasis?: readonly { value: { raw: string } }[];
  };
  if (type === 'Literal' && typeof value === 'string') return [value];
  if (type === 'TemplateLiteral' && quasis !== undefined) return [quasis.map((quasi) => quasi.value.raw).join('…')];
  return Object.values(node).flatMap(stringsIn);
}

function testsIn(folder: string): TraceInput['tests'] {
  return readdirSync(posix.join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return testsIn(path);
    if (!entry.name.endsWith('.test.ts')) return [];
    return [{ path, names: stringsIn(parseAst(read(path), { lang: 'ts' })) }];
  });
}

/** This file speaks of ids that are none. */
const proofs = testsIn('test').filter(({ path }) => !path.endsWith('traceability.test.ts'));

const input: TraceInput = {
  rulesText: read('docs/rules.md'),
  charts: [executionMachine, killSwitchMachine].map((chart) => ({ name: chart.id, edges: transitionsOf(chart) })),
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
  ])('%s', (name, ids) => {
    expect(rulesOfName(name)).toEqual(ids);
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

  it('names an id that no rule has, wherever it stands', () => {
    const law = { ...laws.L14, rules: ['T2', 'T9'] };
    const tests = [{ path: 'test/a.test.ts', names: ['T2 K9: late'] }];
    expect(trace({ ...small, laws: [law], tests, keptBy: { A9: { module: 'x', because: 'y' } } }).problems).toEqual([
      'L14 names T9, which is no rule',
      'the list of modules names A9, which is no rule',
      'test/a.test.ts names K9, which is no rule',
    ]);
  });
});
