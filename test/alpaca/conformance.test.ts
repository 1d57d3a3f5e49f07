/** The adapter keeps the promises of the broker port, against the simulator: HTTP and WebSocket on loopback. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AlpacaScript, Situation } from 'fillchart/testing';
import { conformBroker } from 'fillchart/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { addConform } from '../../src/cli/commands/conform.js';
import { runCommand } from '../paths/run-command.js';
import { eventually, type Venue, venue } from './support.js';

/** Enough for every order and request of a case. */
const OFTEN = 50;

const SCRIPTS: Partial<Record<Situation, AlpacaScript>> = {
  rests: { fills: [] },
  'fills-partly': { fills: [{ at: 0, quantity: '4' }] },
};

function arrange({ simulator }: Venue, situation: Situation): void {
  if (situation === 'rejects') {
    const answer = { status: 403, code: 40310000, message: 'insufficient buying power' };
    simulator.fault({ on: 'submit', answer, times: OFTEN });
  }
  if (situation === 'submit-hangs') simulator.fault({ on: 'submit', answer: 'silence', live: true, times: OFTEN });
  if (situation === 'query-hangs') {
    for (const on of ['order', 'orderByClientId', 'orders'] as const) {
      simulator.fault({ on, answer: 'silence', times: OFTEN });
    }
  }
}

/** The stream is down for a moment; its way back takes real time, not the clock's. */
async function cutPush({ simulator, broker }: Venue): Promise<void> {
  let gaps = 0;
  const subscription = broker.reports$?.subscribe((push) => {
    if ('type' in push) gaps += 1;
  });
  simulator.cutStreams();
  await eventually(() => gaps > 0);
  subscription?.unsubscribe();
}

/** The market trades at a price, and fills every exit whose price it has reached. */
function moveTo({ simulator }: Venue, price: string): void {
  simulator.setQuote('AAPL', price);
  for (const { id, side, status, qty, limit_price: limit, stop_price: stop } of simulator.orders()) {
    if ((status !== 'new' && status !== 'held') || (limit ?? stop) == null) continue;
    const isAbove = Number(price) >= Number(limit ?? stop);
    const waitsAbove = (side === 'sell') === (limit != null);
    if (isAbove === waitsAbove) simulator.fill(String(id), String(qty), price);
  }
}

/** Id of the latest stop: the leg of a pair has no name of ours. */
const stopOf = ({ simulator }: Venue): string =>
  String(simulator.orders().findLast((order) => order['type'] === 'stop')?.['id']);

conformBroker(
  'alpaca',
  async (situation) => {
    const script = SCRIPTS[situation];
    // Cases poll faster than an engine does, and on a clock that jumps.
    const now = await venue({
      requestsPerMinute: 0,
      adapter: { requestsPerMinute: 100_000 },
      ...(script !== undefined && { scripts: Array.from({ length: OFTEN }, () => script) }),
    });
    arrange(now, situation);
    return {
      broker: now.broker,
      wait: (ms) => now.clock.advance(ms),
      moveTo: (price) => moveTo(now, price),
      venue: {
        endExit: () => now.simulator.end(stopOf(now), 'canceled'),
        takeBack: (id) => now.simulator.takeBack(id),
        correctPrice: (id, price) => now.simulator.correctPrice(id, price),
      },
      cutPush: () => cutPush(now),
    };
  },
  {
    describe,
    it,
    symbol: 'AAPL',
    // Whole shares: a fraction could be bought and not be protected.
    quantity: '10',
    expectedPrice: '151',
    onUnhandledRejection(listener) {
      process.on('unhandledRejection', listener);
      return () => process.off('unhandledRejection', listener);
    },
  },
);

describe('fillchart conform --adapter', () => {
  const inRoot = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
  const folder = inRoot(`.tmp/conform-${process.pid}`);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('passes with the module of docs/alpaca.md, on the system clock', async () => {
    const blocks = [...readFileSync(inRoot('docs/alpaca.md'), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)];
    const module = blocks.map(([, code = '']) => code).find((code) => code.includes('makeBroker')) ?? '';
    mkdirSync(folder, { recursive: true });
    const file = `${folder}/alpaca.conform.mjs`;
    writeFileSync(file, module);
    const { code, out } = await runCommand(addConform, 'conform', '--adapter', file);
    expect(out).toContain('✓ BC-01 submits once per clientOrderId');
    expect(out).toContain('✓ BC-27 does not double protection when it is placed again');
    expect(out).toMatch(/alpaca\.conform\.mjs: 47 passed, 0 failed, 5 skipped/);
    expect(code).toBe(0);
  });
});
