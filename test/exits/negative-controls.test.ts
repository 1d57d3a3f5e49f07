/**
 * The checks of this folder catch charts and readings without the rule.
 */
import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { decimal } from '../../src/domain/decimal.js';
import type { ProtectionCommand } from '../../src/machines/protection.commands.js';
import { protectionMachine } from '../../src/machines/protection.machine.js';
import { earth, executed } from '../recovery/support.js';
import { HELD } from './chart.support.js';

/** The take-profit fills and the stop-loss works on; each deadline that is asked for comes, each query is answered. */
function casesOfWorkingSibling(machine: typeof protectionMachine): readonly string[] {
  const actor = createActor(machine, { input: undefined });
  const asked: ProtectionCommand[] = [];
  const cases: string[] = [];
  actor.on('*', (command) => asked.push(command as ProtectionCommand));
  actor.start();
  const working = { status: 'open', cumQty: decimal('0') } as const;
  const filled = { status: 'filled', cumQty: decimal('100'), avgPrice: decimal('155.53') } as const;
  actor.send({ type: 'START', at: 0, input: HELD });
  actor.send({ type: 'EXIT_REPORT', at: 1_000, leg: 'tp', report: filled });
  let at = 1_000;
  for (let next = asked.shift(); next !== undefined; next = asked.shift()) {
    if (next.type === 'openCase') cases.push(next.kind);
    if (next.type === 'queryExits') actor.send({ type: 'EXIT_REPORT', at, leg: 'sl', report: working });
    if (next.type !== 'scheduleDeadline') continue;
    at = Math.max(at, next.at);
    actor.send({ type: 'DEADLINE', at, name: next.name });
  }
  return cases;
}

describe('negative controls', () => {
  it('B7: a chart that forgets the deadline of the sibling is caught', () => {
    expect(casesOfWorkingSibling(protectionMachine)).toEqual(['SIBLING_WORKING']);
    const forgetful = protectionMachine.provide({ actions: { scheduleSiblingEnd: () => undefined } });
    expect(casesOfWorkingSibling(forgetful)).toEqual([]);
  });

  it('B7: a chart that takes the sibling as gone when its time is up is caught', () => {
    const trusting = protectionMachine.provide({ guards: { isStillWorking: () => false } });
    expect(casesOfWorkingSibling(trusting)).toEqual([]);
  });

  it.each([
    ['no answer, as it is', new Error('503'), []],
    ['no answer, read as nothing filled', { state: 'pending', filledSize: '0' }, ['MISSING_POSITION']],
  ] as const)('A4 M4: a sweep on %s', async (_what, word, wanted) => {
    let isClosed = false;
    const now = earth({
      broker: (world) => ({
        getOpenOrders: () => Promise.resolve([]),
        getPositions: (symbols) => Promise.resolve(isClosed ? [] : world.positions(symbols)),
        getOrderStatus: async ({ clientOrderId }) => {
          const truth = world.status(clientOrderId);
          if (!isClosed || !clientOrderId.endsWith('-tp') || truth === 'not_found') return truth;
          if (word instanceof Error) throw word;
          return { ...truth, ...word };
        },
      }),
    });
    const life = await now.start();
    await executed(now, life);
    isClosed = true;
    const report = await now.clock.runUntil(life.engine.sweep());
    expect(report.cases.map(({ kind }) => kind)).toEqual(wanted);
    expect(report.failures.length > 0).toBe(word instanceof Error);
  });
});
