/**
 * The engine's own fault in a hosted execution (E5): what throws is not tried again for ever, with an order live.
 */
import { describe, expect, it } from 'vitest';
import type { Case } from '../../src/domain/cases.js';
import { verifyChain } from '../../src/domain/journal.js';
import type { BrokerAdapter } from '../../src/domain/ports.js';
import { replayExecution } from '../../src/journal/replay.js';
import { contained, EngineFault, toldBy } from '../../src/restate/contained-step.js';
import { gateHandlers } from '../../src/restate/gate-object.js';
import { endByFault } from '../../src/restate/hosted-fault.js';
import type { Hosting } from '../../src/restate/hosting.js';
import { newLife } from '../../src/restate/life.js';
import { logHandlers } from '../../src/restate/log-object.js';
import { pagesHandlers } from '../../src/restate/pages-object.js';
import { HOST_SETTINGS } from '../../src/restate/settings.js';
import { fakeRestate } from './fake-restate.js';
import { OPENED } from './opened.js';
import { bench, INPUT, report } from './support.js';

/** An execution with an open order, whose chart fails. */
async function failed(broker: Partial<BrokerAdapter>) {
  const parts = bench({ broker });
  const life = newLife(INPUT);
  for (const fact of OPENED) life.take(fact);
  const services = { gate: gateHandlers(), log: logHandlers(HOST_SETTINGS), pages: pagesHandlers };
  const restate = fakeRestate(services as unknown as Parameters<typeof fakeRestate>[0], parts.clock.now());
  const hosting = {
    ...{ parts, life, input: INPUT, nameOf: (what: string) => what },
    ctx: restate.context('execution', INPUT.advisoryId),
    startOf: () => ({ clientOrderId: INPUT.clientOrderId, symbol: 'AAPL', lastAt: life.lastAt, epoch: 0 }),
  } as unknown as Hosting;
  await parts.clock.runUntil(endByFault(hosting, 'a guard is broken'));
  const { switches } = (await restate.call('gate', 'all', 'read', 0)) as { switches: readonly object[] };
  const cases = (await restate.call('gate', 'all', 'cases')) as readonly Case[];
  return { life, switches, cases, called: parts.called };
}

describe('the last resort on Restate', () => {
  it('E5: an open order is cancelled, the gate of all workers closes, a case is opened, and the result comes', async () => {
    const { life, switches, cases, called } = await failed({ getOrderStatus: async () => report('cancelled') });
    expect(life.isDone).toBe(true);
    expect(life.context.result).toMatchObject({ status: 'FAILED', reason: 'ENGINE_FAULT' });
    expect(called).toEqual(['cancelOrder', 'getOrderStatus']);
    expect(switches).toMatchObject([{ type: 'GLOBAL', state: 'ACTIVE', by: 'fillchart' }]);
    expect(cases).toMatchObject([{ kind: 'ENGINE_FAULT', advisoryId: 'ADV-A', symbol: 'AAPL' }]);
    expect(verifyChain(life.records)).toMatchObject({ ok: true });
    expect(replayExecution(life.records, 'ADV-A')).toMatchObject({ verdict: 'equal', result: life.context.result });
  });

  it('E5: one that was filled is protected from the last good context', async () => {
    const { life, called } = await failed({ getOrderStatus: async () => report('filled', '100') });
    expect(called).toEqual(['cancelOrder', 'getOrderStatus', 'placeProtection']);
    expect(life.context.result).toMatchObject({ finalSl: '147.98', finalTp: '155.53', finalPositionSize: '100' });
  });

  it('E5: whoever folds the records finds the same end', async () => {
    const { life } = await failed({ getOrderStatus: async () => report('cancelled') });
    const folded = newLife(INPUT);
    for (const { fact } of life.records) folded.take(fact as unknown as Parameters<typeof folded.take>[0]);
    expect(folded.isDone).toBe(true);
    expect(folded.context.result).toEqual(life.context.result);
  });
});

describe('a step that throws', () => {
  it('E5: is a fault, and no reason to try it again', async () => {
    const broken = await contained(() => {
      throw new TypeError('no such member');
    });
    expect(() => toldBy(JSON.parse(JSON.stringify(broken)))).toThrow(EngineFault);
    expect(() => toldBy(broken)).toThrow('no such member');
    expect(toldBy(await contained(() => 7))).toBe(7);
  });
});
