/**
 * Cases about the line: abort signals, pushes, the end of the connection.
 */
import type { OrderReport } from '../../domain/ports.js';
import { type Bench, begun, must, shown, where } from './bench.js';
import type { CaseDefinition } from './case-definition.js';

/** Makes a call, aborts it, and returns what it came to within the bound. */
async function aborted<T>(bench: Bench, name: string, made: (signal: AbortSignal) => Promise<T>) {
  const controller = new AbortController();
  const promise = begun(() => made(controller.signal));
  promise.catch(() => undefined);
  await bench.wait(bench.boundMs / 20);
  controller.abort();
  const outcome = await bench.settled(promise, bench.boundMs);
  must(outcome !== undefined, `${name} goes on ${bench.boundMs} ms after its signal was aborted`);
  return outcome;
}

export const lineCases: readonly CaseDefinition[] = [
  {
    title: 'ends an aborted submit within the bound, as unknown',
    needs: 'submit-hangs',
    async run(bench) {
      const order = await bench.order();
      const outcome = await aborted(bench, 'submitOrder', (signal) => bench.broker.submitOrder(order, signal));
      const isHonest = outcome.status === 'rejected' || outcome.value.kind === 'unknown';
      must(isHonest, `a submit that was cut off came to ${shown(outcome)}; nobody can know that`);
    },
  },
  {
    title: 'ends an aborted query within the bound, without a state',
    needs: 'query-hangs',
    async run(bench) {
      const { ref } = await bench.accepted();
      const outcome = await aborted(bench, 'getOrderStatus', (signal) => bench.broker.getOrderStatus(ref, signal));
      must(outcome.status === 'rejected', `a query that was cut off came to ${shown(outcome)}`);
    },
  },
  {
    title: 'sends nothing when its signal is aborted before the call',
    needs: 'fills',
    async run(bench) {
      const order = await bench.order();
      const controller = new AbortController();
      controller.abort();
      const promise = begun(() => bench.broker.submitOrder(order, controller.signal));
      const outcome = await bench.settled(promise, bench.boundMs);
      must(outcome !== undefined, 'submitOrder ignores a signal that is aborted already');
      const isHonest = outcome.status === 'rejected' || ['unknown', 'not_sent'].includes(outcome.value.kind);
      must(isHonest, `it came to ${shown(outcome)}`);
      if (outcome.status === 'fulfilled' && outcome.value.kind === 'not_sent') {
        const report = await bench.status(order);
        must(report === 'not_found', `not_sent was said, and the order is ${shown(report)}`);
      }
    },
  },
  {
    title: 'leaves no unhandled rejection after an abort',
    needs: 'query-hangs',
    async run(bench) {
      const { onUnhandledRejection } = bench.options;
      where(onUnhandledRejection !== undefined, 'options.onUnhandledRejection is not given');
      const unheard: unknown[] = [];
      const stop = onUnhandledRejection((cause) => unheard.push(cause));
      try {
        const { ref } = await bench.accepted();
        await aborted(bench, 'getOrderStatus', (signal) => bench.broker.getOrderStatus(ref, signal));
        await bench.wait(bench.boundMs / 4);
      } finally {
        stop();
      }
      must(unheard.length === 0, `rejected unheard: ${unheard.map(String).join('; ')}`);
    },
  },
  {
    title: 'pushes the reports of an order, with the same ids',
    needs: 'fills',
    async run(bench) {
      const { reports$, capabilities } = bench.broker;
      where(capabilities.push && reports$ !== undefined, 'capabilities.push is false');
      const pushed: (OrderReport | { readonly type: 'gap' })[] = [];
      const subscription = reports$.subscribe({ next: (report) => void pushed.push(report), error: () => undefined });
      try {
        const { ref } = await bench.accepted();
        const isOwn = (report: (typeof pushed)[number]) =>
          'clientOrderId' in report && report.clientOrderId === ref.clientOrderId && report.state === 'filled';
        for (let waited = 0; waited <= bench.boundMs && !pushed.some(isOwn); waited += bench.boundMs / 20)
          await bench.wait(bench.boundMs / 20);
        must(pushed.some(isOwn), `the fill was not pushed; what was: ${shown(pushed)}`);
      } finally {
        subscription.unsubscribe();
      }
    },
  },
  {
    title: 'reports a gap in the pushes',
    needs: 'any',
    async run(bench) {
      const { subject, broker } = bench;
      where(broker.capabilities.push && broker.reports$ !== undefined, 'capabilities.push is false');
      where(subject.cutPush !== undefined, 'makeBroker does not say how to cut the push stream (cutPush)');
      let isTold = false;
      const tell = () => {
        isTold = true;
      };
      const subscription = broker.reports$.subscribe({
        next: (report) => ('type' in report && report.type === 'gap' ? tell() : undefined),
        error: tell,
        complete: tell,
      });
      await subject.cutPush();
      for (let waited = 0; waited <= bench.boundMs && !isTold; waited += bench.boundMs / 20)
        await bench.wait(bench.boundMs / 20);
      subscription.unsubscribe();
      must(isTold, 'the stream was cut, and neither a gap nor an error nor an end was told');
    },
  },
  {
    title: 'closes within the bound, twice, and accepts nothing afterwards',
    needs: 'fills',
    async run(bench) {
      const { broker } = bench;
      where(broker.close !== undefined, 'close is not there');
      const order = await bench.order();
      await bench.call('close', () => broker.close?.() ?? Promise.resolve());
      await bench.call('the second close', () => broker.close?.() ?? Promise.resolve());
      const late = begun(() => broker.submitOrder(order, new AbortController().signal));
      const outcome = await bench.settled(late, bench.boundMs);
      const isTaken = outcome?.status === 'fulfilled' && outcome.value.kind === 'accepted';
      must(!isTaken, 'an order was accepted after close');
    },
  },
];
