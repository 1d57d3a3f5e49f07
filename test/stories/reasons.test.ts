/**
 * The registry of codes: none missing, none extra, and each raised where it says that it is.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type ExecutionState, executionMachine, type ReasonCode, reasons } from 'fillchart';
import { describe, expect, it } from 'vitest';
import type { OrderScript } from '../../src/testing/fault-broker.js';
import { type Act, ADVISORY, fill, fills, mismatchKinds, push, type Setting, set, world } from './support.js';

const root = fileURLToPath(new URL('../../src/', import.meta.url));
/** The layers that raise codes of the registry; adapters have codes of their brokers. */
const RAISING = ['domain', 'machines', 'actors', 'engine', 'service'];
const sources = RAISING.flatMap((layer) =>
  readdirSync(`${root}${layer}`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ path: `${layer}/${name}`, text: readFileSync(`${root}${layer}/${name}`, 'utf8') })),
).filter(({ path }) => path !== 'domain/reasons.ts');

const codes = Object.keys(reasons) as ReasonCode[];
/** Where a code of the registry is expected: what is raised there must be in it. */
const RAISED = /(?:\bcode: |\breason: |FillchartError\(\s*|\bmismatch\(\s*|\bv9\(|\bfailed\()'([A-Z][A-Z_]+)'/g;
const raisedIn = (text: string): string[] => [...text.matchAll(RAISED)].map(([, code = '']) => code);

describe('the registry', () => {
  it('knows every code that is raised', () => {
    const unknown = sources.flatMap(({ path, text }) =>
      raisedIn(text)
        .filter((code) => !(code in reasons))
        .map((code) => `${path} raises ${code}`),
    );
    expect(unknown).toEqual([]);
    expect(sources.flatMap(({ text }) => raisedIn(text)).length).toBeGreaterThan(30);
  });

  it('… and would say so (control)', () => {
    expect(raisedIn("throw new FillchartError('NO_SUCH_CODE')").filter((code) => !(code in reasons))).toEqual([
      'NO_SUCH_CODE',
    ]);
  });

  it('has no code that nobody raises', () => {
    const all = sources.map(({ text }) => text).join('\n');
    expect(codes.filter((code) => !all.includes(`'${code}'`))).toEqual([]);
  });

  it('each has a sentence, a kind, and states that fit the kind', () => {
    for (const code of codes) {
      const { sentence, kind, raisedIn: states } = reasons[code];
      expect(sentence, code).toMatch(/^\S.*\.$/);
      expect(kind === 'misuse' && states.length > 0, code).toBe(false);
      expect((kind === 'refusal' || kind === 'failure') && states.length === 0, code).toBe(false);
    }
  });
});

// ── Where codes are raised: as the chart says, and as stories show ────────────────────────────────────────────────

type Pair = `${string} in ${ExecutionState}`;

/** The codes that the chart decides by name, with the state that the transition leaves. */
function decidedByTheChart(): Pair[] {
  const found: Pair[] = [];
  const visit = (node: (typeof executionMachine)['root'], top: ExecutionState): void => {
    const transitions = [...node.transitions.values()].flat().concat(node.always ?? []);
    for (const action of transitions.flatMap(({ actions }) => actions)) {
      if (typeof action !== 'object' || !('params' in action)) continue;
      const { reason } = (action.params ?? {}) as { reason?: string };
      if (reason !== undefined) found.push(`${reason} in ${top}`);
    }
    for (const child of Object.values(node.states)) visit(child as typeof node, top);
  };
  for (const [name, node] of Object.entries(executionMachine.root.states))
    visit(node as (typeof executionMachine)['root'], name as ExecutionState);
  return [...new Set(found)];
}

const refused = { kind: 'rejected', code: 'NO', reason: 'no' } as const;
const notSent = { kind: 'not_sent', reason: 'no route' } as const;
const ends = (state: 'cancelled' | 'rejected' | 'expired'): OrderScript => ({ ends: { at: 2_000, state } });
const slowly: Setting = { faults: { instrument: { delayMs: 3_000 } } };
/** Something can be told while SL and TP are under way. */
const protectedSlowly: Setting = {
  script: fills(fill(1, 100, 151)),
  faults: { placeProtection: { delayMs: 500 } },
};

const stories: readonly (readonly [Setting, readonly (readonly [number, Act])[], object?])[] = [
  [{}, [], { expirationTimestamp: '2020-01-01T00:00:00Z' }],
  [{}, [], { positionSize: 0 }],
  [{}, [], { extra: 1 }],
  [slowly, [], { expirationTimestamp: '2026-01-01T00:00:02Z' }],
  [slowly, [[1, set('GLOBAL')]]],
  [{}, [[5, set('GLOBAL')]]],
  [{ script: { submit: notSent } }, [[5, set('GLOBAL')]]],
  [{ script: { submit: notSent } }, []],
  [{ script: { submit: { ...refused, transient: true } } }, []],
  [{ script: { submit: refused } }, []],
  [{ instruments: { AAPL: 'unknown_symbol' } }, []],
  [{ margin: { refused: 'too little' } }, []],
  [{ faults: { instrument: 'throw' } }, []],
  [{ script: ends('cancelled') }, []],
  [{ script: ends('expired') }, []],
  [{ script: ends('rejected') }, []],
  [{ script: { ...ends('rejected'), cancel: 'ignore' } }, [[1.95, set('GLOBAL')]]],
  [{}, []],
  [{ script: { ...fills(fill(1, 40, 150)), positionShown: '7', hides: ['sl', 'tp'] } }, []],
  [{ script: { ...fills(fill(1, 100, 151)), protection: { stopLoss: refused } } }, []],
  [{ script: { ...fills(fill(1, 100, 151)), pricedFrom: 99_000 } }, []],
  [{ script: fills(fill(1, 120, 2)), instruments: { AAPL: { symbol: 'AAPL', tickSize: '2', lotSize: '1' } } }, []],
  [
    { script: fills(fill(1, 100, 151)), faults: { placeProtection: { delayMs: 500 } } },
    [[1.2, push({ filledSize: '130' })]],
  ],
  [protectedSlowly, [[1.2, push({ state: 'pending', filledSize: '0', correction: { kind: 'bust' } })]]],
  [protectedSlowly, [[1.2, push({ fillPrice: '140', correction: { kind: 'correct' } })]]],
  [{ script: { submit: 'lost' } }, []],
  [{ script: { cancel: 'ignore', positionShown: '9' } }, []],
  [{ script: { ...fills(fill(1, 100, 151)), positionShown: '0' } }, []],
];

/** Runs a story; tells each code with the state in which it came up. */
async function observed([setting, acts, differs]: (typeof stories)[number]): Promise<Pair[]> {
  const now = await world(setting);
  for (const [seconds, act] of acts) now.clock.setTimeout(() => void act(now), seconds * 1_000);
  const raised: Pair[] = [];
  const execution = now.engine.start({ ...ADVISORY, ...differs });
  // A refusal at the start is decided before anybody can subscribe.
  let before: ExecutionState = 'validating';
  let isDecided = false;
  const look = ({ value, context: { verdict } }: ReturnType<typeof execution.actor.getSnapshot>): void => {
    if (!isDecided && verdict?.reason !== undefined) raised.push(`${verdict.reason} in ${before}`);
    isDecided ||= verdict?.reason !== undefined;
    before = (typeof value === 'string' ? value : Object.keys(value)[0]) as ExecutionState;
  };
  look(execution.actor.getSnapshot());
  execution.actor.subscribe(look);
  const result = await now.clock.runUntil(execution.result);
  return [...raised, ...mismatchKinds(result).map((kind): Pair => `${kind} in reconciling`)];
}

describe('raisedIn (the states that can raise a code)', () => {
  const registered = new Set(
    codes.flatMap((code) => reasons[code].raisedIn.map((state): Pair => `${code} in ${state}`)),
  );

  it('covers every decision of the chart', () => {
    const decided = decidedByTheChart();
    expect(decided.filter((pair) => !registered.has(pair))).toEqual([]);
    expect(decided.length).toBeGreaterThan(10);
  });

  it('covers every code that the stories show, and the stories show most of them', async () => {
    const seen = new Set<Pair>();
    for (const story of stories) for (const pair of await observed(story)) seen.add(pair);
    expect([...seen].filter((pair) => !registered.has(pair))).toEqual([]);
    const shown = new Set([...seen].map((pair) => pair.split(' ')[0]));
    const raisable = codes.filter(
      (code) => reasons[code].kind === 'mismatch' && reasons[code].raisedIn.includes('reconciling'),
    );
    expect(raisable.filter((code) => !shown.has(code)).sort()).toEqual([
      'PROTECTION_SIZE',
      'QUERY_FAILED',
      'STOP_LOSS_PRICE',
      'TAKE_PROFIT_PRICE',
    ]);
  });
});
