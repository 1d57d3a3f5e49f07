/**
 * Laws that nothing can break prove nothing: each is shown something broken, and must say so.
 *
 * The first half breaks the world around a real engine; the second forges what an engine would leave behind.
 */
import type { BrokerAdapter, Clock, Journal, JournalRecord, OrderRequest } from 'fillchart';
import type { FaultBroker, LawSubject } from 'fillchart/testing';
import { brokenLaws } from 'fillchart/testing';
import { NEVER } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { runScenario, type Scenario } from './scenario.js';

const plain: Scenario = {
  advisory: {
    advisoryId: 'CONTROL-1',
    symbol: 'AAPL',
    side: 'buy',
    referencePrice: '150',
    slOffsetPct: '-0.02',
    tpOffsetPct: '0.03',
    positionSize: '100',
    expiresInMs: 3_600_000,
  },
  tickSize: '0.01',
  push: false,
  pollIntervalMs: 1_000,
  script: { fills: [{ at: 1_500, quantity: '100', price: '151' }] },
  faults: {},
  heldBefore: '0',
  switches: [],
};

const idsOf = (broken: readonly { readonly law: string }[]) => [...new Set(broken.map(({ law }) => law))];

/** An adapter like the broker, but for some methods. */
const changed = (broker: FaultBroker, methods: Partial<BrokerAdapter>): BrokerAdapter => ({ ...broker, ...methods });

const later = (clock: Clock, ms: number) => new Promise<void>((resolve) => clock.setTimeout(resolve, ms));

/** Positions as they are, but none is shown above `most`. */
const hidesFrom =
  (broker: FaultBroker, most: string): BrokerAdapter['getPositions'] =>
  async (symbols, signal) => {
    const rows = await broker.getPositions(symbols, signal);
    return rows.map((row) => ({ ...row, size: Number(row.size) > Number(most) ? most : row.size }));
  };

describe('the laws catch a broken world', () => {
  it('nothing, where nothing is broken', async () => {
    expect((await runScenario(plain)).broken).toEqual([]);
  });

  it('L1: an adapter that sends again after an unknown outcome', async () => {
    const unknown = { ...plain, script: { ...plain.script, submit: { kind: 'unknown', cause: 'HTTP 503' } } } as const;
    const { broken } = await runScenario(unknown, {
      broker: (broker) =>
        changed(broker, {
          submitOrder: async (order, signal) => {
            const outcome = await broker.submitOrder(order, signal);
            return outcome.kind === 'unknown' ? broker.submitOrder(order, signal) : outcome;
          },
        }),
    });
    expect(idsOf(broken)).toContain('L1');
  });

  it('L3: a clock under which T = 30 s comes later', async () => {
    const slow = (clock: Clock): Clock => ({
      ...clock,
      setTimeout: (fn, ms) => clock.setTimeout(fn, ms >= 30_000 ? ms + 5_000 : ms),
    });
    const { broken } = await runScenario({ ...plain, script: { fills: [] } }, { clock: slow });
    expect(idsOf(broken)).toContain('L3');
  });

  it('L4: an adapter that moves the stop-loss', async () => {
    const { broken } = await runScenario(plain, {
      broker: (broker) =>
        changed(broker, {
          placeProtection: (request, signal) => broker.placeProtection({ ...request, stopLoss: '147.5' }, signal),
        }),
    });
    expect(idsOf(broken)).toContain('L4');
  });

  it('L5: an adapter that closes the position when protection is asked for', async () => {
    const { broken } = await runScenario(plain, {
      broker: (broker) =>
        changed(broker, {
          placeProtection: async (request, signal) => {
            const { symbol, side, quantity } = request;
            const close: OrderRequest = { clientOrderId: 'close', symbol, side, quantity, orderType: 'MARKET' };
            await broker.submitOrder(close, signal);
            return broker.placeProtection(request, signal);
          },
        }),
    });
    expect(idsOf(broken)).toContain('L5');
  });

  it('L8: an adapter that asks for the position twice', async () => {
    const { broken } = await runScenario(plain, {
      broker: (broker) =>
        changed(broker, {
          getPositions: async (symbols, signal) => {
            await broker.getPositions(symbols, signal);
            return broker.getPositions(symbols, signal);
          },
        }),
    });
    expect(idsOf(broken)).toContain('L8');
  });

  it('L12: an adapter that lets protection wait', async () => {
    const { broken } = await runScenario(plain, {
      clock: (clock) => clock,
      broker: (broker) =>
        changed(broker, {
          placeProtection: async (request, signal) => {
            for (let turns = 0; turns < 3; turns += 1) await broker.getOrderStatus(request, signal);
            return {
              stopLoss: { kind: 'accepted', brokerOrderId: 'sl' },
              takeProfit: { kind: 'accepted', brokerOrderId: 'tp' },
            };
          },
        }),
    });
    expect(idsOf(broken)).toContain('L12');
  });

  it('L15: an adapter that cancels by itself', async () => {
    const { broken } = await runScenario(plain, {
      broker: (broker) =>
        changed(broker, {
          getOrderStatus: async (ref, signal) => {
            await broker.cancelOrder(ref, signal);
            return broker.getOrderStatus(ref, signal);
          },
        }),
    });
    expect(idsOf(broken)).toContain('L15');
  });
});

describe('the laws catch an engine that', () => {
  const noFills: Scenario = { ...plain, script: { fills: [] } };
  const killed: Scenario = { ...noFills, switches: [{ atMs: 1_500, type: 'GLOBAL', state: 'ACTIVE' }] };

  it('L15: never sends the cancel that a kill switch wants', async () => {
    const { broken } = await runScenario(killed, {
      broker: (broker) => changed(broker, { cancelOrder: async () => 'requested' }),
    });
    expect(idsOf(broken)).toContain('L15');
    expect(broken.map(({ why }) => why).join()).toContain('wanted by {"type":"KILL_SWITCH"');
  });

  it('L15: sends it 1 ms late', async () => {
    const { broken } = await runScenario(killed, {
      broker: (broker, clock) =>
        changed(broker, {
          cancelOrder: async (ref, signal) => {
            await later(clock, 1);
            return broker.cancelOrder(ref, signal);
          },
        }),
    });
    expect(idsOf(broken)).toEqual(['L15']);
  });

  it('L15: forgets the cancel that waits for the answer to the submit call', async () => {
    const slow: Scenario = { ...killed, script: { fills: [], submit: { delayMs: 3_000 } } };
    expect((await runScenario(slow)).broken).toEqual([]);
    const { broken } = await runScenario(slow, {
      broker: (broker, clock) =>
        changed(broker, {
          cancelOrder: async (ref, signal) =>
            clock.monotonic() < 20_000 ? 'unknown' : broker.cancelOrder(ref, signal),
        }),
    });
    expect(broken.map(({ why }) => why).join()).toContain('wanted by {"type":"SUBMIT_OUTCOME"');
  });

  it('L3: counts T anew after a restart', async () => {
    const restarted: Scenario = { ...noFills, restartAtMs: 20_000 };
    expect((await runScenario(restarted)).broken).toEqual([]);
    let opened = 0;
    const { broken } = await runScenario(restarted, {
      clock: (clock) => {
        opened += 1;
        if (opened === 1) return clock;
        return { ...clock, setTimeout: (fn, ms) => clock.setTimeout(fn, ms > 5_000 && ms < 30_000 ? 30_000 : ms) };
      },
    });
    expect(idsOf(broken)).toContain('L3');
  });

  it('L5: places a second pair under another id', async () => {
    const { broken } = await runScenario(plain, {
      broker: (broker) =>
        changed(broker, {
          placeProtection: async (request, signal) => {
            await broker.placeProtection({ ...request, clientOrderId: `${request.clientOrderId}-x` }, signal);
            return broker.placeProtection(request, signal);
          },
        }),
    });
    expect(idsOf(broken)).toEqual(['L5']);
  });

  it('L5: repeats a protection under another id', async () => {
    const busy = { kind: 'rejected', code: 'BUSY', reason: 'busy', transient: true } as const;
    const retried: Scenario = {
      ...plain,
      script: { ...plain.script, protection: [{ stopLoss: busy, takeProfit: busy }, {}] },
    };
    expect((await runScenario(retried)).broken).toEqual([]);
    let tries = 0;
    const { broken } = await runScenario(retried, {
      broker: (broker) =>
        changed(broker, {
          placeProtection: (request, signal) => {
            tries += 1;
            const clientOrderId = tries === 1 ? request.clientOrderId : `${request.clientOrderId}-r`;
            return broker.placeProtection({ ...request, clientOrderId }, signal);
          },
        }),
    });
    expect(idsOf(broken)).toContain('L5');
  });

  it('L5: places the same pair twice in one try', async () => {
    const { broken } = await runScenario(plain, {
      broker: (broker) =>
        changed(broker, {
          placeProtection: async (request, signal) => {
            await broker.placeProtection(request, signal);
            return broker.placeProtection(request, signal);
          },
        }),
    });
    expect(idsOf(broken)).toEqual(['L5']);
  });

  it.each(['push', 'sweep'] as const)(
    'L6: drops a fill that comes to light after the end, by a %s (T5)',
    async (toldBy) => {
      const stray: Scenario = { ...plain, strayFill: { quantity: '60', price: '151', toldBy } };
      const { broken, subject } = await runScenario(stray);
      expect(broken).toEqual([]);
      expect(subject.cases.flatMap(({ mismatches }) => mismatches.map(({ actual }) => actual))).toEqual(['160']);
      const deaf = await runScenario(stray, {
        broker: (broker) => changed(broker, { reports$: NEVER, getPositions: hidesFrom(broker, '100') }),
      });
      expect(idsOf(deaf.broken)).toEqual(['L6']);
    },
  );

  it('L1: sends the order before the intent is durable (S2)', async () => {
    const slow: Scenario = { ...plain, commitMs: [700, 700, 700] };
    expect((await runScenario(slow)).broken).toEqual([]);
    const { broken } = await runScenario(slow, {
      journal: (journal) => ({
        ...journal,
        append: async (records) => {
          void journal.append(records);
        },
      }),
    });
    expect(idsOf(broken)).toContain('L1');
  });

  it('L5 and L15: protects and cancels before the record of why is durable (A4)', async () => {
    const eager = (journal: Journal): Journal => ({
      ...journal,
      append: async (records) => void journal.append(records),
    });
    const delays = { commitMs: Array.from({ length: 12 }, () => 700) };
    const fills = { ...plain, ...delays, script: { fills: [{ at: 3_500, quantity: '100', price: '151' }] } };
    const cancels = { ...killed, ...delays };
    for (const lawful of [fills, cancels]) expect((await runScenario(lawful)).broken).toEqual([]);
    expect(idsOf((await runScenario(fills, { journal: eager })).broken)).toEqual(['L1', 'L5']);
    expect(idsOf((await runScenario(cancels, { journal: eager })).broken)).toEqual(['L1', 'L15']);
  });

  it('L8: polls an order that is done', async () => {
    const { broken } = await runScenario(plain, {
      broker: (broker, clock) =>
        changed(broker, {
          placeProtection: (request, signal) => {
            clock.setTimeout(() => void broker.getOrderStatus(request, signal), 500);
            clock.setTimeout(() => void broker.getOrderStatus(request, signal), 1_000);
            return broker.placeProtection(request, signal);
          },
        }),
    });
    expect(idsOf(broken)).toEqual(['L8']);
  });
});

describe('the laws catch a forged record', () => {
  const subjectOf = async (scenario: Partial<Scenario> = {}): Promise<LawSubject> =>
    (await runScenario({ ...plain, ...scenario })).subject;

  it('L2: a switch that was ACTIVE before the order was sent', async () => {
    const subject = await subjectOf();
    const change = { type: 'GLOBAL', state: 'ACTIVE', previous: 'OFF', reason: 'forged', time: '', durationMs: 0 };
    const [first] = subject.records;
    if (first === undefined) throw new Error('no record');
    const forged: JournalRecord = { ...first, seq: 0, stream: 'kill-switch', fact: { type: 'SET', change } };
    expect(idsOf(brokenLaws({ ...subject, records: [forged, ...subject.records] }))).toContain('L2');
  });

  it('L6: a caller who is told of less than is on record', async () => {
    const subject = await subjectOf();
    const results = subject.results.map((result) => ({ ...result, finalPositionSize: '40' }));
    expect(idsOf(brokenLaws({ ...subject, results: results as unknown as LawSubject['results'] }))).toContain('L6');
  });

  it('L7 and L10: a fill without SL and TP, and no case', async () => {
    const refused = { kind: 'rejected', code: 'NO', reason: 'no' } as const;
    const subject = await subjectOf({
      script: { ...plain.script, protection: { stopLoss: refused, takeProfit: refused } },
    });
    expect(brokenLaws(subject)).toEqual([]);
    expect(idsOf(brokenLaws({ ...subject, cases: [] }))).toEqual(['L7', 'L10']);
  });

  it('L9: an unknown outcome told as a refusal', async () => {
    const unknown = { submit: { kind: 'unknown', cause: 'HTTP 503' }, live: false } as const;
    const subject = await subjectOf({ script: unknown });
    const results = subject.results.map((result) => ({
      ...result,
      status: 'FAILED' as const,
      reason: 'BROKER_REJECTED' as const,
    }));
    expect(idsOf(brokenLaws({ ...subject, results }))).toContain('L9');
  });

  it('L11: an execution that ends a minute late', async () => {
    const subject = await subjectOf();
    const late = subject.records.map((record) =>
      record.fact.type === 'RECONCILED' ? { ...record, fact: { ...record.fact, at: record.at + 60_000 } } : record,
    );
    expect(idsOf(brokenLaws({ ...subject, records: late }))).toContain('L11');
  });

  it('L13: two callers who are told two things', async () => {
    const subject = await subjectOf();
    const results = [...subject.results, ...subject.results.map((result) => ({ ...result, finalSl: undefined }))];
    expect(idsOf(brokenLaws({ ...subject, results: results as LawSubject['results'] }))).toContain('L13');
  });

  it('L14: a result that is called on time for a fill at T = 31 s', async () => {
    const subject = await subjectOf({
      script: { fills: [{ at: 30_500, quantity: '100', price: '151' }], cancel: 'ignore' },
    });
    expect(subject.results[0]?.status).toBe('EXECUTED_FULL_LATE');
    const results = subject.results.map((result) => ({ ...result, status: 'FILLED' as const }));
    expect(idsOf(brokenLaws({ ...subject, results }))).toContain('L14');
  });
});
