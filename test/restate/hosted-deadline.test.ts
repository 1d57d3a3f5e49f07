/**
 * Deadlines on Restate that come while a step is under way: what the chart is told of them (T4, R6).
 */
import { describe, expect, it } from 'vitest';
import { readOrderReport } from '../../src/domain/order.js';
import type { DeadlineName, ExecutionFact } from '../../src/machines/execution.facts.js';
import { statePath } from '../../src/machines/execution.state.js';
import { hostedCommands } from '../../src/restate/hosted-commands.js';
import type { HostedWatch } from '../../src/restate/hosted-watch.js';
import type { Hosting } from '../../src/restate/hosting.js';
import { newLife } from '../../src/restate/life.js';
import type { StepNews } from '../../src/restate/steps.js';
import type { MadeCancel } from '../../src/restate/switch-stop.js';
import { AT, OPENED } from './opened.js';
import { bench, INPUT, report as reportOf } from './support.js';

function reported(state: string): ExecutionFact {
  const read = readOrderReport(reportOf(state), { clientOrderId: INPUT.clientOrderId });
  if (read === undefined) throw new Error(`${state} cannot be read`);
  return { type: 'ORDER_REPORT', at: AT, report: read };
}

/** A hosted life after these facts: its steps never end, and its sleeps are woken by hand. */
async function hosted(facts: readonly ExecutionFact[], made?: MadeCancel) {
  const life = newLife(INPUT);
  const told: ExecutionFact[] = [];
  const begun: string[] = [];
  const sleeps = new Map<DeadlineName, { readonly ms: number; readonly wake: () => Promise<StepNews> }>();
  let now = AT;
  const parts = bench();
  const take = async (fact: ExecutionFact): Promise<void> => {
    told.push(fact);
    for (const command of life.take(fact) ?? []) await commands.carryOut(command);
  };
  const hosting: Hosting = {
    ...{
      parts: { ...parts, clock: { ...parts.clock, now: () => now } },
      input: INPUT,
      life,
      attempt: 'attempt-1',
      take,
    },
    ctx: { date: { now: async () => now } } as unknown as Hosting['ctx'],
    begun: {
      step: (name) => void begun.push(name),
      sleep: (name, ms, wake) => void sleeps.set(name as DeadlineName, { ms, wake }),
      forget: () => undefined,
      has: () => true,
      next: () => new Promise(() => undefined),
    },
    isLimited: () => false,
    nameOf: (what) => what,
    startOf: () => ({ clientOrderId: INPUT.clientOrderId, symbol: 'AAPL', lastAt: life.lastAt, epoch: 0 }),
    takeNews: async (news) => {
      for (const fact of news.facts) await take(fact);
    },
    catchUp: async () => undefined,
    madeCancel: () => made,
  };
  const watch = { follow: () => undefined, isWatchingOrder: false } as unknown as HostedWatch;
  const commands = hostedCommands(hosting, watch);
  let asked = facts.map((fact) => life.take(fact)).at(-1) ?? [];
  asked = asked.filter(({ type }) => type === 'reconcile' || type === 'scheduleDeadline');
  for (const command of asked) await commands.carryOut(command);
  return {
    ...{ told, begun, life },
    take,
    /** Wakes the sleep when it is due; what it tells. */
    async due(name: DeadlineName): Promise<readonly string[]> {
      const sleep = sleeps.get(name);
      if (sleep === undefined) throw new Error(`nothing sleeps until ${name}`);
      now += sleep.ms;
      const { facts: news } = await sleep.wake();
      return [...told.splice(0), ...news].map((fact) => (fact.type === 'DEADLINE' ? fact.name : fact.type));
    },
  };
}

describe('a deadline on Restate', () => {
  it('R6.1 M1: that of a reconciliation is told as a restart, and asks again: its worker was killed or stood still', async () => {
    const now = await hosted([...OPENED, reported('cancelled')]);
    expect([statePath(now.life.state.value), now.begun]).toEqual(['reconciling.asking', ['reconcile']]);
    expect(await now.due('reconciliation')).toEqual(['RECOVERED']);
    expect([statePath(now.life.state.value), now.begun]).toEqual(['reconciling.asking', ['reconcile', 'reconcile']]);
    expect(await now.due('reconciliation')).toEqual(['RECOVERED']);
  });

  it('C5 K3: what the cancel learned, that was made before the chart asked for it, is told: a fill is protected', async () => {
    const report = readOrderReport(reportOf('filled', '100'), { clientOrderId: INPUT.clientOrderId });
    if (report === undefined) throw new Error('it can be read');
    const now = await hosted(OPENED, { startedAt: AT, endedAt: AT + 5, outcome: 'already_closed', learnt: [report] });
    await now.take({ type: 'KILL_SWITCH', at: AT, switchType: 'GLOBAL', state: 'ACTIVE', effective: 'ACTIVE' });
    const types = now.told.map(({ type }) => type);
    expect(types.slice(0, 4)).toEqual(['KILL_SWITCH', 'CANCEL_STARTED', 'ORDER_REPORT', 'CANCEL_OUTCOME']);
    expect([statePath(now.life.state.value), now.begun]).toEqual(['filled.placing', ['protect']]);
  });

  it('T3: any other that comes in time is told as what it is', async () => {
    const now = await hosted(OPENED.slice(0, 3));
    expect(await now.due('hardTimeout')).toEqual(['hardTimeout']);
  });
});
