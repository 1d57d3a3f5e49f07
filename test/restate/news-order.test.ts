/**
 * A switch that comes while an order is being sent: the chart knows of the order before it hears of the switch (K3, S1, T1).
 */
import { describe, expect, it } from 'vitest';
import type { ExecutionFact } from '../../src/machines/execution.facts.js';
import { type Life, newLife } from '../../src/restate/life.js';
import { inOrder, type StepNews, type SwitchNews } from '../../src/restate/steps.js';
import { INPUT } from './support.js';

const AT = Date.UTC(2026, 0, 1);
const accepted = { kind: 'accepted', brokerOrderId: 'B-1' } as const;
const STOP: SwitchNews = {
  epoch: 1,
  fact: { type: 'KILL_SWITCH', at: AT + 900, switchType: 'GLOBAL', state: 'ACTIVE', effective: 'ACTIVE' },
};

/** An execution that is about to send its order. */
function ready(): Life {
  const life = newLife(INPUT);
  life.take({ type: 'START', at: AT, gate: { now: AT, killSwitchState: 'OFF' }, advisory: INPUT });
  const instrument = { symbol: 'AAPL', tickSize: '0.01', lotSize: '1' };
  life.take({
    type: 'BROKER_ASKED',
    at: AT,
    answer: { kind: 'answered', instrument, margin: 'ok', baseline: '0' as never },
  });
  return life;
}

function chartAfter(facts: readonly ExecutionFact[], order: (news: StepNews) => readonly { fact: ExecutionFact }[]) {
  const life = ready();
  const asked = order({ facts, switches: [STOP] }).flatMap(({ fact }) => life.take(fact) ?? []);
  return { life, asked: asked.map(({ type }) => type) };
}

const SENT: readonly ExecutionFact[] = [
  { type: 'SUBMIT_STARTED', at: AT + 100 },
  { type: 'SUBMIT_OUTCOME', at: AT + 800, outcome: accepted },
];
const FOUND: readonly ExecutionFact[] = [{ type: 'RECOVERED', at: AT + 800, intentAt: AT + 100 }];

describe('a switch that comes while an order is being sent', () => {
  it('K3 S1 T1: the order is cancelled, and T is that of the call', () => {
    const { life, asked } = chartAfter(SENT, (news) => inOrder(news, 0));
    expect([life.isDone, asked.includes('cancelOrder')]).toEqual([false, true]);
    expect(life.context.firstSubmitAt).toBe(AT + 100);
  });

  it('K3 S1: so is one that a predecessor may have sent: the execution does not end without it', () => {
    const { life } = chartAfter(FOUND, (news) => inOrder(news, 0));
    expect(life.isDone).toBe(false);
    expect(life.context.firstSubmitAt).toBe(AT + 100);
  });

  it.each([['sent', SENT] as const, ['found', FOUND] as const])(
    'negative control: told of the switch first, an execution whose order was %s ends without it',
    (_how, facts) => {
      const wrong = ({ switches, facts: told }: StepNews) => [...switches, ...told.map((fact) => ({ fact }))];
      expect(chartAfter(facts, wrong).life.context.result?.status).toBe('REJECTED');
    },
  );

  it('K2: where nothing was sent the switch comes first; one that the chart knows comes no second time', () => {
    const blocked = { type: 'ORDER_LOOKED', at: AT + 800 } as const;
    expect(inOrder({ facts: [blocked], switches: [STOP] }, 0)).toEqual([STOP, { fact: blocked }]);
    expect(inOrder({ facts: [blocked], switches: [STOP] }, 1)).toEqual([{ fact: blocked }]);
  });
});
