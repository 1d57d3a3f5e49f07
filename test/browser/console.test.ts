/**
 * The console's memory, its list, its clock, its alarms, its form: the parts that need no browser.
 */
import { describe, expect, it } from 'vitest';
import { alarmsOf, iconOf, newlyUrgent, titleOf } from '../../src/browser/console/alarms.js';
import { comparison } from '../../src/browser/console/comparison.js';
import { countdown } from '../../src/browser/console/countdown.js';
import { neighbour, ROW_HEIGHT, rowsOf, topOf, visible } from '../../src/browser/console/rows.js';
import { isScopeTyped, scopeSentence } from '../../src/browser/console/scope.js';
import { heard, newClock, serverNow } from '../../src/browser/console/server-clock.js';
import { eventReader } from '../../src/browser/console/sse.js';
import {
  type ConsoleEvent,
  fromList,
  MOST_AUDIT,
  MOST_FINISHED,
  newState,
  switchesOver,
  withEvents,
} from '../../src/browser/console/state.js';
import { bodyOf, type Fields, preview, problemsOf, suggestion } from '../../src/browser/console/submit-fields.js';
import type { Case } from '../../src/service/api/controls.js';
import type { Execution } from '../../src/service/api/executions.js';

const T0 = Date.parse('2026-01-01T00:00:00.000Z');

const execution = (index: number, differs: Partial<Execution> = {}): Execution => ({
  account: 'paper',
  advisoryId: `ADV-${index}`,
  clientOrderId: `fc-${index}`,
  symbol: 'AAPL',
  side: 'buy',
  positionSize: '100',
  status: 'FILLED',
  state: 'done',
  group: 'finished',
  needsAttention: false,
  openCases: [],
  cumQty: '100',
  startedAt: new Date(T0 + index * 1_000).toISOString(),
  timeout: { elapsedSeconds: 1, timeRemainingSeconds: 29, isExpired: false },
  recorded: true,
  ...differs,
});
const told = (data: Execution): ConsoleEvent => ({ type: 'execution', data });
const aCase: Case = {
  account: 'paper',
  caseId: 'case-1',
  kind: 'MISMATCH',
  symbol: 'AAPL',
  advisoryId: 'ADV-1',
  openedAt: new Date(T0).toISOString(),
  mismatches: [
    { kind: 'POSITION_SIZE', expected: '100', actual: '50', message: 'Expected position 100, found 50 in broker' },
  ],
  isOpen: true,
  urgency: 'now',
  nextStep: 'look',
};

describe('the event stream', () => {
  it('is read whatever pieces it comes in, with ids, several lines of data, and comments', () => {
    const text = ': hi\n\nid: a:1:ff\nevent: audit\ndata: {"a":\ndata: 1}\n\nevent: heartbeat\r\ndata: {}\r\n\r\n';
    const read = eventReader();
    const pieces = [...text].flatMap((letter) => read(letter));
    expect(pieces).toEqual([
      { event: 'audit', data: '{"a":\n1}', id: 'a:1:ff' },
      { event: 'heartbeat', data: '{}' },
    ]);
    expect(eventReader()(text)).toEqual(pieces);
  });

  it('an event without an end is not collected for ever', () => {
    const read = eventReader();
    const piece = 'x'.repeat(1024 * 1024);
    expect(() => {
      for (let count = 0; count < 10; count += 1) read(piece);
    }).toThrow(/without an end/);
  });
});

describe("the console's memory", () => {
  it('an event replaces what was known; a list that was asked for before it does not', () => {
    const live = execution(1, { group: 'in_flight', state: 'pending.open' });
    const state = withEvents(newState(), [told(live), told(execution(1))]);
    expect(state.executions.get('paper ADV-1')?.state).toBe('done');
    const list = fromList([told(live), told(execution(2))], new Set(['execution paper ADV-1']));
    expect(list.map(({ data }) => (data as Execution).advisoryId)).toEqual(['ADV-2']);
  });

  it('is flat over a day: 12,000 executions and their records leave a bounded rest, and nothing live is dropped', () => {
    let state = newState();
    const live = execution(0, { group: 'in_flight', advisoryId: 'LIVE' });
    state = withEvents(state, [told(live)]);
    for (let batch = 0; batch < 120; batch += 1) {
      const events = Array.from({ length: 100 }, (_, index) => told(execution(1 + batch * 100 + index)));
      const lines = Array.from(
        { length: 100 },
        (_, index): ConsoleEvent => ({
          type: 'audit',
          data: { account: 'paper', seq: index, event: 'order_filled', timestamp: '', details: {} },
        }),
      );
      state = withEvents(state, [...events, ...lines]);
    }
    expect(state.executions.size).toBeLessThanOrEqual(MOST_FINISHED + 202);
    expect(state.executions.size).toBeGreaterThanOrEqual(MOST_FINISHED);
    expect(state.executions.has('paper LIVE')).toBe(true);
    expect(state.executions.has('paper ADV-12000')).toBe(true);
    expect(state.executions.has('paper ADV-1')).toBe(false);
    expect(state.audit).toHaveLength(MOST_AUDIT);
  });

  it('K1: switches over a symbol are those of the symbol and those of all, without the ones that are off', () => {
    const set = (type: 'GLOBAL' | 'SYMBOL_LEVEL', state: 'ACTIVE' | 'OFF', target?: string) => ({
      type,
      state,
      reason: 'r',
      since: '',
      ...(target !== undefined && { target }),
    });
    const all = [set('GLOBAL', 'OFF'), set('SYMBOL_LEVEL', 'ACTIVE', 'AAPL'), set('SYMBOL_LEVEL', 'ACTIVE', 'MSFT')];
    expect(switchesOver(all, 'aapl').map(({ target }) => target)).toEqual(['AAPL']);
    expect(switchesOver([set('GLOBAL', 'ACTIVE')], 'X')).toHaveLength(1);
  });
});

describe('the list', () => {
  const all = [
    execution(1),
    execution(2, { group: 'needs_attention', needsAttention: true, symbol: 'META' }),
    execution(3, { group: 'in_flight' }),
    execution(4, { group: 'open_position', account: 'swing' }),
    execution(5),
  ];
  const query = { search: '', folded: new Set<never>() };

  it('groups what needs a person first, newest first, and leaves empty groups out', () => {
    const rows = rowsOf(all, query).map((row) => (row.kind === 'group' ? row.group : row.execution.advisoryId));
    expect(rows).toEqual([
      ...['needs_attention', 'ADV-2', 'in_flight', 'ADV-3', 'open_position', 'ADV-4'],
      ...['finished', 'ADV-5', 'ADV-1'],
    ]);
  });

  it('of what needs a person it shows the worst first, not the newest', () => {
    const needing = [6, 7, 8].map((index) => execution(index, { group: 'needs_attention', needsAttention: true }));
    const rows = rowsOf(needing, { ...query, worst: ['paper ADV-7', 'paper ADV-6'] });
    expect(rows.map((row) => (row.kind === 'group' ? row.group : row.execution.advisoryId))).toEqual([
      ...['needs_attention', 'ADV-7', 'ADV-6', 'ADV-8'],
    ]);
  });

  it('is searched, filtered by account, and folded', () => {
    expect(rowsOf(all, { ...query, search: 'meta' })).toHaveLength(2);
    expect(rowsOf(all, { ...query, account: 'swing' })).toHaveLength(2);
    const folded = rowsOf(all, { ...query, folded: new Set(['finished'] as const) });
    expect(folded.at(-1)).toMatchObject({ kind: 'group', group: 'finished', count: 2, isFolded: true });
  });

  it('draws of 5,000 only what is in view, at its place', () => {
    const many = rowsOf(
      Array.from({ length: 5_000 }, (_, index) => execution(index)),
      query,
    );
    const slice = visible(many, 100_000, 700);
    expect(slice.end - slice.first).toBeLessThan(40);
    expect(slice.height).toBe(ROW_HEIGHT.group + 5_000 * ROW_HEIGHT.execution);
    expect(slice.top).toBe(ROW_HEIGHT.group + (slice.first - 1) * ROW_HEIGHT.execution);
    expect(slice.top).toBeLessThanOrEqual(100_000);
    expect(visible(many, 0, 700).first).toBe(0);
    expect(topOf(many, 'paper ADV-4999')).toBe(ROW_HEIGHT.group);
  });

  it('arrow keys go from one execution to the next and stop at the ends', () => {
    const rows = rowsOf(all, query);
    expect(neighbour(rows, undefined, 1)).toBe('paper ADV-2');
    expect(neighbour(rows, 'paper ADV-2', 1)).toBe('paper ADV-3');
    expect(neighbour(rows, 'paper ADV-2', -1)).toBe('paper ADV-2');
    expect(neighbour(rows, 'paper ADV-1', 1)).toBe('paper ADV-1');
  });
});

describe('the countdown', () => {
  const timeout = { ...execution(1).timeout, startedAt: new Date(T0).toISOString() };

  it.each([
    [0, 'order ends in', 30_000, 'calm'],
    [21_000, 'order ends in', 9_000, 'soon'],
    [29_999, 'order ends in', 1, 'soon'],
    [30_000, 'late window ends in', 2_000, 'over'],
    [31_500, 'late window ends in', 500, 'over'],
    [33_000, 'deadlines passed', 0, 'over'],
  ])('T1: at T = %i ms the %s %i ms', (t, label, leftMs, tone) => {
    expect(countdown({ timeout }, T0 + t)).toMatchObject({ label, leftMs, tone });
  });

  it('there is none before the first submission, nor after the result', () => {
    expect(countdown({ timeout: execution(1).timeout }, T0)).toBeUndefined();
    const result = { status: 'FILLED' } as NonNullable<Execution['result']>;
    expect(countdown({ timeout, result }, T0)).toBeUndefined();
  });

  it("follows the service's clock, also one that goes faster", () => {
    let clock = newClock(T0, 1_000);
    expect(serverNow(clock, 1_500)).toBe(T0 + 500);
    clock = heard(clock, T0 + 40_000, 11_000);
    expect(clock.rate).toBe(4);
    expect(serverNow(clock, 12_000)).toBe(T0 + 44_000);
    const even = heard(newClock(T0, 0), T0 + 10_050, 10_000);
    expect(even.rate).toBe(1);
  });
});

describe('alarms', () => {
  const state = withEvents({ ...newState(), connection: 'live' }, [{ type: 'case', data: aCase }]);

  it('an urgent case takes title and icon, and makes a sound once', () => {
    const alarms = alarmsOf(state);
    expect(alarms).toMatchObject([{ level: 'urgent', execution: 'paper ADV-1' }]);
    expect(titleOf(alarms, 3)).toBe('(1!) AAPL: Expected position 100, found 50 in broker');
    expect(iconOf(alarms)).toBe('urgent');
    expect(newlyUrgent(new Set(), alarms)).toHaveLength(1);
    expect(newlyUrgent(new Set(alarms.map(({ key }) => key)), alarms)).toEqual([]);
  });

  it('tells the worst first and not the newest: what has no stop-loss before what can wait, the older before the newer', () => {
    const later = '2026-01-05T14:40:00.000Z';
    const told = [
      { ...aCase, caseId: 'case-5', advisoryId: 'ADV-5', kind: 'MISMATCH', urgency: 'today' as const },
      { ...aCase, caseId: 'case-4', advisoryId: 'ADV-4', kind: 'STRAY_FILL' },
      { ...aCase, caseId: 'case-3', advisoryId: 'ADV-3', kind: 'MISSING_SL_TP', openedAt: later },
      { ...aCase, caseId: 'case-2', advisoryId: 'ADV-2', kind: 'UNPROTECTED_POSITION' },
    ];
    const all = withEvents(
      { ...newState(), connection: 'live' },
      told.map((data) => ({ type: 'case', data })),
    );
    expect(alarmsOf(all).map(({ execution }) => execution)).toEqual(
      ['ADV-2', 'ADV-3', 'ADV-4', 'ADV-5'].map((id) => `paper ${id}`),
    );
  });

  it('a connection that is stale, and an account that is not ready, come first', () => {
    expect(alarmsOf({ ...state, connection: 'stale' })[0]?.text).toMatch(/may be old/);
    expect(alarmsOf({ ...newState(), connection: 'lost' })).toHaveLength(1);
  });

  it('nothing to tell is calm', () => {
    const calm = withEvents(state, [{ type: 'case', data: { ...aCase, isOpen: false } }]);
    expect(alarmsOf(calm)).toEqual([]);
    expect(titleOf([], 2)).toBe('2 in flight · fillchart console');
    expect(iconOf([])).toBe('calm');
  });
});

describe('engine against broker', () => {
  const report = {
    mismatches: aCase.mismatches,
    internalOrderState: 'filled',
    brokerOrderState: 'filled',
    internalFilledSize: '100',
    brokerFilledSize: '100',
    internalPositionSize: '100',
    brokerPositionSize: '50',
    internalSl: '147.98',
  };
  const withReport = (differs: object) =>
    execution(1, {
      result: { reconciliationReport: { ...report, ...differs } } as unknown as NonNullable<Execution['result']>,
    });

  it('R6.3: row by row, and what differs is said', () => {
    const rows = comparison(aCase, withReport({}));
    expect(rows.filter(({ differs }) => differs).map(({ name, engine, broker }) => [name, engine, broker])).toEqual([
      ['Position', '100', '50'],
      ['Stop-loss', '147.98', 'none'],
    ]);
  });

  it('M4: a broker that did not answer is told as such, not as nothing', () => {
    const failed = { mismatches: [{ ...aCase.mismatches[0], kind: 'QUERY_FAILED' }] };
    expect(comparison(aCase, withReport(failed)).find(({ name }) => name === 'Stop-loss')?.broker).toBe('not told');
  });

  it('a case of no execution tells what it expects and found', () => {
    expect(comparison(aCase, undefined)).toEqual([
      { name: 'POSITION_SIZE', engine: '100', broker: '50', differs: true },
    ]);
  });
});

describe('releasing a switch', () => {
  it('K6: the scope is typed as it stands', () => {
    expect(isScopeTyped({ type: 'GLOBAL' }, 'GLOBAL')).toBe(true);
    expect(isScopeTyped({ type: 'GLOBAL' }, 'global')).toBe(false);
    expect(isScopeTyped({ type: 'SYMBOL_LEVEL', target: 'AAPL' }, 'SYMBOL_LEVEL')).toBe(false);
    expect(isScopeTyped({ type: 'SYMBOL_LEVEL', target: 'AAPL' }, ' AAPL ')).toBe(true);
    expect(scopeSentence({ type: 'GLOBAL' }, ['a', 'b'])).toBe('Covers every symbol on 2 accounts (a, b).');
  });
});

describe('the form of a new order', () => {
  const fields: Fields = {
    advisoryId: 'A',
    symbol: 'AAPL',
    side: 'buy',
    positionSize: '100',
    referencePrice: '150',
    slOffsetPct: '-0.02',
    tpOffsetPct: '0.03',
    expirationTimestamp: '2030-01-01T00:00:00Z',
  };

  it('is checked against the schema of the service', () => {
    expect(problemsOf(fields)).toEqual({});
    expect(problemsOf({ ...fields, advisoryId: '', positionSize: '1e5' })).toEqual({
      advisoryId: 'Advisory id is needed.',
      positionSize: 'Accepted is a decimal such as 150.25.',
    });
    expect(problemsOf({ ...fields, symbol: 'X'.repeat(33) })).toEqual({ symbol: 'At most 32 characters.' });
    expect(problemsOf({ ...fields, expirationTimestamp: 'soon' })).toHaveProperty('expirationTimestamp');
  });

  it('sends decimals as text, digit for digit', () => {
    expect(bodyOf({ ...fields, positionSize: '100.10 ' }, 'paper')).toMatchObject({
      positionSize: '100.10',
      account: 'paper',
    });
  });

  it('says what a wrong sign, or per cent for a fraction, would mean', () => {
    expect(suggestion(fields)).toBeUndefined();
    expect(suggestion({ ...fields, side: 'sell' })).toMatch(/sell/);
    expect(suggestion({ ...fields, slOffsetPct: '-2', tpOffsetPct: '3' })).toMatch(/300 %/);
    expect(preview(fields)).toEqual({ sl: '147.00', tp: '154.50' });
    expect(preview({ ...fields, referencePrice: '' })).toBeUndefined();
  });
});
