/** C3, C4, C5, A26 at Alpaca: two hundred requests a minute never cost a position its protection, nor long numbers their price. */
import type { ExecutionResult } from 'fillchart';
import { describe, expect, it } from 'vitest';
import { ADVISORY, entryId, eventually, execute, type Setting, type World, world } from './support.js';

/** So many advisories at once, each in a symbol of its own. */
async function crowd(
  count: number,
  setting: Setting = {},
): Promise<{ readonly now: World; readonly results: readonly ExecutionResult[] }> {
  const symbols = Array.from({ length: count }, (_, n) => `SYM${n}`);
  const now = await world({
    assets: symbols.map((symbol) => ({ symbol })),
    quotes: Object.fromEntries(symbols.map((symbol) => [symbol, '151.00'])),
    ...setting,
  });
  const results = await now.clock.runUntil(
    Promise.all(
      symbols.map((symbol) => now.engine.execute({ ...ADVISORY, advisoryId: symbol, symbol, positionSize: '1' })),
    ),
  );
  return { now, results };
}

const ends = (results: readonly ExecutionResult[]) =>
  Object.fromEntries(
    [...new Set(results.map(wordOf))].map((word) => [word, results.filter((one) => wordOf(one) === word).length]),
  );
const wordOf = ({ status, reason, reconciliationReport: report }: ExecutionResult) =>
  [status, reason ?? report?.status].join(' ');

/** Positions without both exits. */
const naked = ({ simulator }: World): readonly string[] => {
  const orders = simulator.orders();
  const filled = orders.filter((one) => one['type'] === 'market' && one['status'] === 'filled');
  const isCovered = (symbol: unknown) =>
    orders.some((one) => one['symbol'] === symbol && one['order_class'] === 'oco' && one['status'] !== 'canceled');
  return filled.map((one) => one['symbol']).filter((symbol) => !isCovered(symbol)) as string[];
};

describe('C3 C4: many at once, at the defaults of the adapter and 200 requests a minute', () => {
  const late = (count: number): NonNullable<Setting['scripts']> =>
    Array.from({ length: count }, () => ({ fills: [{ at: 10_000, quantity: '1' }] }));

  it.each<[string, number, Setting]>([
    ['30 with the stream, filled at once', 30, {}],
    ['20 without the stream, filled at once', 20, { adapter: { stream: false } }],
    ['30 with the stream, resting for ten seconds', 30, { scripts: late(30) }],
    ['20 without the stream, resting for ten seconds', 20, { adapter: { stream: false }, scripts: late(20) }],
  ])(
    '%s: all are filled, protected and matched; none naked, no symbol halted',
    async (_, count, setting) => {
      const { now, results } = await crowd(count, setting);
      expect(ends(results)).toEqual({ 'FILLED MATCHED': count });
      expect([naked(now), now.engine.cases.open()]).toEqual([[], []]);
      expect(now.simulator.requests.filter(({ status }) => status === 429)).toEqual([]);
      expect(now.simulator.count('submit')).toBe(count);
    },
    120_000,
  );

  it('a trade costs few calls, those of the start shared', async () => {
    const { now } = await crowd(10);
    expect(now.simulator.requests.length / 10).toBeLessThan(15);
  });
});

describe('C5 at Alpaca', () => {
  it.each<[string, Setting]>([
    ['without the stream', { adapter: { stream: false } }],
    ['with the stream cut', {}],
  ])('%s: polls are refused for 45 s, the order fills at 5 s: found, protected, matched', async (_, setting) => {
    const now = await world({ scripts: [{ fills: [{ at: 5_000, quantity: '100' }], updates: 'none' }], ...setting });
    const answer = { status: 429, message: 'too many requests.', headers: { 'retry-after': '45' } } as const;
    const running = now.engine.start(ADVISORY);
    await eventually(() => now.simulator.count('submit') === 1);
    now.simulator.fault({ on: 'order', answer });
    if (setting.adapter === undefined) now.simulator.cutStreams(true);
    const result = await now.clock.runUntil(running.result);
    expect(
      now.simulator.requests.filter(({ route, status }) => route === 'order' && status === undefined),
    ).toHaveLength(1);
    expect(result.status).toBeOneOf(['FILLED', 'EXECUTED_FULL_LATE']);
    expect([result.finalPositionSize, result.reconciliationReport?.status]).toEqual(['100', 'MATCHED']);
    expect(naked(now)).toEqual([]);
  });
});

describe('A26 P11 at Alpaca', () => {
  it('an average of 31 decimals is rounded, and the exits lie under it', async () => {
    const now = await world({ scripts: [{ fills: [] }] });
    const running = now.engine.start(ADVISORY);
    await now.clock.advance(500);
    const order = now.simulator.orders().find((one) => one['client_order_id'] === entryId(now));
    expect(order).toBeDefined();
    now.simulator.fill(entryId(now), '100', '151.333333333333333333333333333333');
    const result = await now.clock.runUntil(running.result);
    expect(result).toMatchObject({ status: 'FILLED', finalSl: '148.31', finalTp: '155.87' });
    expect(result.reconciliationReport?.status).toBe('MATCHED');
  });

  it('a control: at an even price', async () => {
    expect(await execute(await world())).toMatchObject({ status: 'FILLED', finalSl: '147.98' });
  });
});
