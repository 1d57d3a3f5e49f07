/**
 * Exits that are at the venue before this engine asks for them: an engine that could not write its journal placed them, from
 * another fill. They are adopted as they stand there, and what differs is a case.
 */
import { describe, expect, it } from 'vitest';
import type { BrokerAdapter, LegOutcome, OrderReport, ProtectionOutcome } from '../../src/domain/ports.js';
import type { FaultBroker } from '../../src/testing/fault-broker.js';
import { fill, fills, mismatchKinds, sentences, told, type World } from './support.js';

const script = fills(fill(1, 100, 151));
const duplicate: LegOutcome = { kind: 'duplicate' };

interface There {
  readonly stopLoss?: string;
  readonly takeProfit?: string;
  readonly quantity?: string;
  /** What the call answers for both; `duplicate` by default. */
  readonly answers?: ProtectionOutcome;
  /** Looks at a leg that fail, of the first so many. */
  readonly failingLooks?: number;
  readonly told?: (report: OrderReport) => OrderReport | 'not_found';
}

/** The exits are there, placed by somebody else, before the first call asks for them. */
const placedBefore =
  ({ stopLoss, takeProfit, quantity, answers, failingLooks = 0, told: tell = (report) => report }: There) =>
  (broker: FaultBroker): BrokerAdapter => {
    const looks = new Map<string, number>();
    return {
      ...broker,
      placeProtection: async (request, signal) => {
        const theirs = {
          ...request,
          stopLoss: stopLoss ?? request.stopLoss,
          takeProfit: takeProfit ?? request.takeProfit,
          quantity: quantity ?? request.quantity,
        };
        await broker.placeProtection(theirs, signal);
        return answers ?? { stopLoss: duplicate, takeProfit: duplicate };
      },
      getOrderStatus: async (ref, signal) => {
        const answer = await broker.getOrderStatus(ref, signal);
        if (!/-(?:sl|tp)$/.test(ref.clientOrderId) || answer === 'not_found') return answer;
        const count = (looks.get(ref.clientOrderId) ?? 0) + 1;
        looks.set(ref.clientOrderId, count);
        if (count <= failingLooks) throw new Error('503');
        return tell(answer);
      },
    };
  };

const cases = ({ engine }: World) => engine.cases.open().map(({ kind }) => kind);
/** What the audit log says of exits that stand otherwise than they were asked for. */
const standing = ({ engine }: World) =>
  engine.executionLogs.filter(({ event }) => event === 'protection_placed').map(({ details }) => details['standing']);

describe('exits that were there before (A33 A9 B1 R6.2)', () => {
  it('A33 B1: at another price: the result names what works at the venue, the audit says so, and a person looks', async () => {
    const wrap = placedBefore({ stopLoss: '148.2', takeProfit: '156' });
    const { now, result } = await told({ script, wrap });
    expect(result).toMatchObject({ status: 'FILLED', finalSl: '148.2', finalTp: '156' });
    expect(result.reconciliationReport).toMatchObject({ status: 'MISMATCH', internalSl: '147.98', brokerSl: '148.2' });
    expect(mismatchKinds(result)).toEqual(['STOP_LOSS_PRICE', 'TAKE_PROFIT_PRICE']);
    expect(sentences(result)).toContain('Expected stop-loss 147.98, found 148.2 in broker');
    expect(standing(now)).toEqual([{ stopLoss: { price: '148.2' }, takeProfit: { price: '156' } }]);
    expect(cases(now)).toEqual(['MISMATCH']);
    expect(now.engine.positions()[0]).toMatchObject({ stopLoss: { price: '148.2' }, takeProfit: { price: '156' } });
  });

  it('A33 R6.2: the same where the broker tells no positions: the look at the exit is what shows it', async () => {
    const wrap = placedBefore({ stopLoss: '148.2' });
    const { now, result } = await told({ script, wrap, capabilities: { positions: 'none' } });
    expect(result).toMatchObject({ status: 'FILLED', finalSl: '148.2', finalTp: '155.53' });
    expect(mismatchKinds(result)).toEqual(['STOP_LOSS_PRICE']);
    expect(cases(now)).toEqual(['MISMATCH']);
  });

  it('A33 B1: as they were asked for: adopted, and MATCHED', async () => {
    const { now, result } = await told({ script, wrap: placedBefore({}) });
    expect(result).toMatchObject({ status: 'FILLED', finalSl: '147.98', finalTp: '155.53' });
    expect(result.reconciliationReport?.status).toBe('MATCHED');
    expect(standing(now)).toEqual([undefined]);
    expect(cases(now)).toEqual([]);
  });

  it('A33 B1: the adapter says itself how they stand, beside `accepted`: the same', async () => {
    const found = { price: '148.20', quantity: '100' };
    const stopLoss: LegOutcome = { kind: 'accepted', brokerOrderId: 'X-1', state: 'working', found };
    const wrap = placedBefore({ stopLoss: '148.2', answers: { stopLoss, takeProfit: duplicate } });
    const { result } = await told({ script, wrap, capabilities: { positions: 'none' } });
    expect(result).toMatchObject({ finalSl: '148.2', finalTp: '155.53' });
    expect(mismatchKinds(result)).toEqual(['STOP_LOSS_PRICE']);
  });

  it('A33 B1: for another quantity: PROTECTION_SIZE', async () => {
    const wrap = placedBefore({ told: (report) => ({ ...report, quantity: '60' }) });
    const { result } = await told({ script, wrap, capabilities: { positions: 'none' } });
    expect(mismatchKinds(result)).toEqual(['PROTECTION_SIZE']);
    expect(sentences(result)).toContain('Expected protection for 100, found it for 60 in broker');
  });

  it.each(['cancelled', 'rejected', 'expired'])('A33 B1 B2: they were there, and are %s: not placed', async (state) => {
    const wrap = placedBefore({ told: (report) => ({ ...report, state, reason: 'closed by hand' }) });
    const { now, result } = await told({ script, wrap, capabilities: { positions: 'none' } });
    expect(result).not.toHaveProperty('finalSl');
    expect(result).not.toHaveProperty('finalTp');
    expect(mismatchKinds(result)).toContain('UNPROTECTED_POSITION');
    expect(cases(now)).toEqual(['UNPROTECTED_POSITION']);
  });

  it('B7: one has filled meanwhile, and the other went with it: no failed placement', async () => {
    const over = (report: OrderReport): OrderReport =>
      report.clientOrderId.endsWith('-sl')
        ? { ...report, state: 'filled', filledSize: '100', fillPrice: '147.98' }
        : { ...report, state: 'cancelled' };
    const { result } = await told({
      script,
      wrap: placedBefore({ told: over }),
      capabilities: { positions: 'none' },
    });
    expect(mismatchKinds(result)).toEqual([]);
  });

  it('A33 P7: a look that fails is made once more; one that never succeeds holds nothing up', async () => {
    const once = await told({ script, wrap: placedBefore({ stopLoss: '148.2', failingLooks: 1 }) });
    expect(once.result.finalSl).toBe('148.2');
    const never = await told({ script, wrap: placedBefore({ stopLoss: '148.2', failingLooks: 99 }) });
    expect(never.result.status).toBe('FILLED');
    expect(mismatchKinds(never.result)).toEqual(['STOP_LOSS_PRICE']);
    expect(cases(never.now)).toEqual(['MISMATCH']);
  });

  it('A33 P7: an adapter that does not know an exit by its id, or tells no price: what the positions show is compared', async () => {
    for (const tell of [() => 'not_found' as const, ({ price: _untold, ...report }: OrderReport) => report]) {
      const { result } = await told({ script, wrap: placedBefore({ stopLoss: '148.2', told: tell }) });
      expect(mismatchKinds(result)).toEqual(['STOP_LOSS_PRICE']);
    }
  });
});
