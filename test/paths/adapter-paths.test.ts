/**
 * Lives through an adapter of somebody else: what it must take, and which adapters it finds out.
 */
import type { BrokerAdapter } from 'fillchart';
import { adapterPaths, type MakeBroker, runAdapterPath, type Situation } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';

interface AdapterModule {
  readonly makeBroker: (situation: Situation) => BrokerAdapter;
  readonly conformance: { readonly symbol: string; readonly situations: readonly Situation[] };
}
const file = new URL('../../examples/my-broker.js', import.meta.url).href;
const { conformance, makeBroker } = (await import(/* @vite-ignore */ file)) as AdapterModule;

/** Faster only where T = 30 s is waited for: a busy machine needs its time, too. */
const options = (boundMs: number) => ({ ...conformance, speed: boundMs > 20_000 ? 6 : 1 });
const usual = options(0);

/** my-broker with one method replaced. */
const spoiled =
  (change: (broker: BrokerAdapter) => Partial<BrokerAdapter>): MakeBroker =>
  (situation) => {
    const broker = makeBroker(situation);
    return { ...broker, ...change(broker) };
  };

describe.concurrent('an adapter that conforms', () => {
  it.each(adapterPaths(conformance.situations))('$id $name', { timeout: 70_000 }, async ({ id, ends, boundMs }) => {
    expect(ends).toContain((await runAdapterPath(id, makeBroker, options(boundMs))).status);
  });
});

describe.concurrent('an adapter that does not', { timeout: 70_000 }, () => {
  it('S1: sends an order for a question', async () => {
    const twice = spoiled((broker) => ({
      async submitOrder(order, signal) {
        await broker.submitOrder(order, signal);
        return { kind: 'rejected', code: 'X', reason: 'it says no, and has the order' };
      },
    }));
    await expect(runAdapterPath('AP-01', twice, usual)).rejects.toThrow('it ended as FAILED');
  });

  it('calls an order filled that rests', async () => {
    const hasty = spoiled((broker) => ({
      async getOrderStatus(ref, signal) {
        const report = await broker.getOrderStatus(ref, signal);
        return report === 'not_found' ? report : { ...report, state: 'filled', filledSize: '10', fillPrice: '150' };
      },
    }));
    await expect(runAdapterPath('AP-04', hasty, usual)).rejects.toThrow(/it ended as FILLED|no result/);
  });

  it('never answers: the path ends all the same', async () => {
    const mute = spoiled(() => ({ instrument: () => Promise.reject(new Error('no line')) }));
    await expect(runAdapterPath('AP-01', mute, usual)).rejects.toThrow('no line');
  });
});

it('leaves out the situations that an adapter cannot be in, and refuses a path that is none', async () => {
  expect(adapterPaths(['fills']).map(({ id }) => id)).toEqual(['AP-01', 'AP-02']);
  await expect(runAdapterPath('AP-99', makeBroker, usual)).rejects.toThrow('There is no path "AP-99"');
});
