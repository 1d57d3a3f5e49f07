/**
 * A process that stands still for longer than a call's deadline (a huge advisory, a busy listener, a suspended machine): what
 * the broker has answered in the meantime counts (P7, A8); a broker that has not is silent all the same.
 */
import { describe, expect, it } from 'vitest';
import type { BrokerAdapter } from '../../src/domain/ports.js';
import type { FaultBroker, VirtualClock } from '../../src/testing/index.js';
import { fill, fills, mismatchKinds, type Setting, told } from './support.js';

const METHODS = ['instrument', 'submitOrder', 'placeProtection', 'getPositions'] as const;
type Method = (typeof METHODS)[number];

/** The first call of the method is under way when the process stands still for `ms`; its answer comes in two packets. */
const stallsOn =
  (method: Method, ms: number, isAnswered: boolean): NonNullable<Setting['wrap']> =>
  (broker: FaultBroker, clock: VirtualClock): BrokerAdapter => {
    let isFirst = true;
    const wait = (for_: number) => new Promise<void>((resolve) => clock.setTimeout(resolve, for_));
    const call = broker[method].bind(broker) as (...all: readonly unknown[]) => Promise<unknown>;
    async function late(...all: readonly unknown[]): Promise<unknown> {
      const answer = await call(...all);
      if (!isFirst) return answer;
      isFirst = false;
      clock.setTimeout(() => clock.moveTo(clock.monotonic() + ms), 1);
      if (!isAnswered) return new Promise(() => undefined);
      await wait(5);
      await wait(5);
      return answer;
    }
    return { ...broker, [method]: late };
  };

describe.each(METHODS)('the loop stands still while %s is under way', (method) => {
  it('P7 A8 A36: the answer that came in the meantime counts', async () => {
    const { now, result } = await told({ script: fills(fill(8, 100, 151)), wrap: stallsOn(method, 5_500, true) });
    expect(result).toMatchObject({ status: 'FILLED', finalSl: '147.98' });
    expect(mismatchKinds(result)).toEqual([]);
    expect([now.broker.count('submitOrder'), now.broker.count('placeProtection')]).toEqual([1, 1]);
  });
});

it('P7 E3: a control: without an answer the broker is silent, and the advisory refused', async () => {
  const { result } = await told({ script: fills(fill(1, 100, 151)), wrap: stallsOn('instrument', 5_500, false) });
  expect(result).toMatchObject({ status: 'REJECTED', reason: 'BROKER_UNAVAILABLE' });
  expect(result.totalDurationSeconds).toBeLessThan(10);
});
