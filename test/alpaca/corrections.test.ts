/** Fills that Alpaca takes back or changes (`trade_bust`, `trade_correct`), and what it pushes of a pair's stop. */
import { describe, expect, it } from 'vitest';
import { ADVISORY, entryId, eventually, execute, type World, world } from './support.js';

type Order = Readonly<Record<string, unknown>>;

const entryOf = (now: World): Order => now.simulator.orders().find(({ type }) => type === 'market') ?? {};
const stopOf = (now: World): Order => now.simulator.orders().find(({ type }) => type === 'stop') ?? {};

const say = (now: World, event: string, order: Order, more: Order = {}): void =>
  now.simulator.sendRaw(
    JSON.stringify({ stream: 'trade_updates', data: { event, execution_id: 'x-9', ...more, order } }),
  );

const kinds = (now: World): readonly string[] => now.engine.cases.open().map(({ kind }) => kind);

/** Lets the streams be read, and the engine act. */
async function until(now: World, isSo: () => boolean): Promise<void> {
  await eventually(isSo);
  await now.clock.advance(0);
}

describe('a fill that Alpaca takes back or changes', () => {
  it('P8: a trade_bust after the result opens FILL_BUSTED, which names both sizes and the fill', async () => {
    const now = await world();
    expect((await execute(now)).status).toBe('FILLED');
    const gone = { ...entryOf(now), status: 'new', filled_qty: '0', filled_avg_price: null };
    say(now, 'trade_bust', gone, { previous_execution_id: 'x-1', price: '151', qty: '100' });
    await until(now, () => kinds(now).length > 0);
    expect(kinds(now)).toEqual(['FILL_BUSTED']);
    expect(now.engine.cases.open()[0]?.mismatches[0]?.message).toContain(
      `took back fill x-1 of order ${entryId(now)}: filled 100 @ 151, now 0`,
    );
    // Told again it is the same bust, and a report that is older changes nothing.
    say(now, 'trade_bust', gone, { previous_execution_id: 'x-1', price: '151', qty: '100' });
    await now.clock.advance(5_000);
    expect(kinds(now)).toEqual(['FILL_BUSTED']);
  });

  it('P8: a trade_correct after the result opens FILL_CORRECTED with the price that stands', async () => {
    const now = await world();
    await execute(now);
    say(
      now,
      'trade_correct',
      { ...entryOf(now), filled_avg_price: '140' },
      { previous_execution_id: 'x-1', qty: '100' },
    );
    await until(now, () => kinds(now).length > 0);
    expect(kinds(now)).toEqual(['FILL_CORRECTED']);
    expect(now.engine.cases.open()[0]?.mismatches[0]?.message).toContain('filled 100 @ 151, now 100 @ 140');
  });

  it('P8: the simulator takes back and corrects as Alpaca does', async () => {
    const now = await world();
    await execute(now);
    now.simulator.correctPrice(entryId(now), '140');
    await until(now, () => kinds(now).length > 0);
    now.simulator.takeBack(entryId(now));
    await until(now, () => now.engine.cases.open().flatMap(({ mismatches }) => mismatches).length > 1);
    const told = now.engine.cases.open().flatMap(({ mismatches }) => mismatches.map(({ message }) => message));
    expect(told.join('\n')).toMatch(/corrected fill .* now 100 @ 140.*\n.*took back fill .* now 0/);
  });

  it('P8: a bust before the order is full is followed, and the exits are of what is filled then', async () => {
    const now = await world({ scripts: [{ fills: [{ at: 0, quantity: '40', price: '140' }] }] });
    const running = now.engine.start(ADVISORY);
    await now.clock.advance(200);
    say(now, 'trade_bust', { ...entryOf(now), status: 'new', filled_qty: '0', filled_avg_price: null }, { qty: '40' });
    await now.clock.advance(200);
    now.simulator.setPosition('AAPL', '100');
    say(now, 'fill', { ...entryOf(now), status: 'filled', filled_qty: '100', filled_avg_price: '151' });
    const result = await now.clock.runUntil(running.result);
    expect([result.status, result.finalFillPrice, result.finalSl, result.finalPositionSize]).toEqual([
      'FILLED',
      '151',
      '147.98',
      '100',
    ]);
  });

  it('B7 P8: a push of the stop of a pair is known by its name, its fill and the bust of its fill', async () => {
    const now = await world();
    await execute(now);
    const stop = stopOf(now);
    const exits = (): unknown => now.engine.positions()[0];
    say(now, 'fill', { ...stop, status: 'filled', filled_qty: '100', filled_avg_price: '147.9' }, { qty: '100' });
    await until(now, () => JSON.stringify(exits()).includes('147.9'));
    say(now, 'trade_bust', { ...stop, status: 'canceled', filled_qty: '0', filled_avg_price: null }, { qty: '100' });
    await until(now, () => kinds(now).length > 0);
    expect(kinds(now).join()).toMatch(/FILL_BUSTED|PROTECTION_LOST/);
  });
});
