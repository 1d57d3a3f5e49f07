/**
 * Switches on a symbol for all workers, by every notation that their broker takes (K6, K9).
 */
import { describe, expect, it } from 'vitest';
import type { Aliases } from '../../src/domain/kill-switch.js';
import type { GateReading } from '../../src/restate/gate.js';
import { gateHandlers } from '../../src/restate/gate-object.js';
import { logHandlers } from '../../src/restate/log-object.js';
import { pagesHandlers } from '../../src/restate/pages-object.js';
import { HOST_SETTINGS } from '../../src/restate/settings.js';
import { fakeRestate } from './fake-restate.js';

const NOTATIONS: Readonly<Record<string, readonly string[]>> = { 'BTC/USDT': ['BTCUSDT'], BTCUSDT: ['BTC/USDT'] };
const notations: Aliases = (symbol) => NOTATIONS[symbol] ?? [];
const NOW = Date.UTC(2026, 0, 1);
const CASE = { kind: 'MISMATCH', symbol: 'BTC/USDT', advisoryId: 'ADV-A', mismatches: [] } as const;

function gateWith(aliases: Aliases | undefined, advised: readonly string[] = []) {
  const warned: unknown[] = [];
  const restate = fakeRestate(
    {
      gate: gateHandlers(aliases),
      log: logHandlers(HOST_SETTINGS),
      pages: pagesHandlers,
      directory: { symbols: async () => advised },
    } as Parameters<typeof fakeRestate>[0],
    NOW,
    { warn: (_words: unknown, details: unknown) => void warned.push(details) },
  );
  const call = (handler: string, parameter: unknown) => restate.call('gate', 'all', handler, parameter);
  const ask = (handler: string, asked: object) => call(handler, { asked, at: NOW });
  const set = (target: string) => ask('set', { type: 'SYMBOL_LEVEL', target, state: 'ACTIVE', reason: 'halt' });
  const release = (target: string) => ask('release', { type: 'SYMBOL_LEVEL', target, by: 'ops', reason: 'over' });
  const switches = async () => ((await call('read', 0)) as GateReading).switches;
  return { call, set, release, switches, warned };
}

describe('a switch on a symbol, for all workers', () => {
  it('K9: that nobody knows is set all the same, and said to cover nothing known', async () => {
    const gate = gateWith(notations);
    await gate.set('BTCUSD');
    await gate.set('BTCUSDT');
    const [unknown, known] = await gate.switches();
    expect(unknown).toMatchObject({ target: 'BTCUSD', state: 'ACTIVE', coversNothingKnown: true });
    expect(known).not.toHaveProperty('coversNothingKnown');
  });

  it('K9: that an advisory has named is known, though the broker tells nothing of it', async () => {
    const gate = gateWith(notations, ['MSFT']);
    await gate.set('msft');
    expect((await gate.switches())[0]).not.toHaveProperty('coversNothingKnown');
  });

  it('K9: covers the other notation, for whoever asks', async () => {
    const gate = gateWith(notations);
    await gate.set('BTCUSDT');
    expect(await gate.call('state', 'BTC/USDT')).toBe('ACTIVE');
    expect(await gate.call('state', 'ETH/USDT')).toBe('OFF');
    expect(await gate.call('state', null)).toBe('OFF');
  });

  it('K9: where the broker tells no notations, a warning says that only this very name is covered', async () => {
    const gate = gateWith(undefined, ['AAPL']);
    await gate.set('BTCUSD');
    await gate.set('AAPL');
    expect(gate.warned).toEqual([{ type: 'SYMBOL_LEVEL', target: 'BTCUSD', state: 'ACTIVE' }]);
    expect((await gate.switches())[0]).not.toHaveProperty('coversNothingKnown');
  });

  it('K6 K9: is not released while a case of the symbol is open, in whichever notation', async () => {
    const refused = { refused: { code: 'KILL_SWITCH_RELEASE_REFUSED' } };
    const gate = gateWith(notations);
    await gate.set('BTCUSDT');
    await gate.call('raise', CASE);
    expect(await gate.release('BTCUSDT')).toMatchObject(refused);
    // The negative control: without the notations nobody can tell.
    const plain = gateWith(undefined);
    await plain.set('BTCUSDT');
    await plain.call('raise', CASE);
    expect(await plain.release('BTCUSDT')).not.toMatchObject(refused);
  });
});
