/**
 * Cases about orders: submitting, finding, reporting, cancelling.
 */
import { add, isPositive, lessThan, parseDecimal, ZERO } from '../../domain/decimal.js';
import type { OrderReport } from '../../domain/ports.js';
import { isFinal, must, shown, where } from './bench.js';
import type { CaseDefinition } from './case-definition.js';

const isBetween = (report: OrderReport, quantity: string): boolean => {
  const [filled, whole] = [parseDecimal(report.filledSize), parseDecimal(quantity)];
  return filled !== undefined && whole !== undefined && isPositive(filled) && lessThan(filled, whole);
};

export const submitCases: readonly CaseDefinition[] = [
  {
    title: 'accepts an order and returns its id',
    needs: 'fills',
    async run(bench) {
      const { ref } = await bench.accepted();
      must(typeof ref.brokerOrderId === 'string' && ref.brokerOrderId !== '', 'accepted without a broker order id');
    },
  },
  {
    title: 'submits once per clientOrderId',
    needs: 'fills',
    async run(bench) {
      const { order, ref } = await bench.accepted();
      const before = await bench.filled(ref);
      const again = await bench.submit(order);
      const isSame =
        again.kind === 'duplicate' || (again.kind === 'accepted' && again.brokerOrderId === ref.brokerOrderId);
      must(isSame, `the same clientOrderId again came to ${shown(again)}; wanted is duplicate, or the same order`);
      await bench.wait(bench.boundMs / 4);
      const after = await bench.status(ref);
      must(
        after !== 'not_found' && after.filledSize === before.filledSize,
        `the order was filled again: ${shown(after)}`,
      );
      if (bench.broker.capabilities.positions === 'none') return;
      const [row] = await bench.positions();
      must(row?.size === order.quantity, `the position is ${shown(row)} after one order of ${order.quantity}`);
    },
  },
  {
    title: 'rejects with a code and a reason, and holds no order',
    needs: 'rejects',
    async run(bench) {
      const order = await bench.order();
      const outcome = await bench.submit(order);
      if (outcome.kind === 'accepted') {
        // Some brokers accept first and reject a moment later: that is told by a report.
        const ref = { ...order, brokerOrderId: outcome.brokerOrderId };
        await bench.until(ref, 'rejected', ({ state }) => state === 'rejected');
        return;
      }
      must(outcome.kind === 'rejected', `the refusal came to ${shown(outcome)}`);
      must(outcome.code !== '' && outcome.reason !== '', `the refusal says too little: ${shown(outcome)}`);
      const report = await bench.status(order);
      must(report === 'not_found' || report.state === 'rejected', `the refused order is there: ${shown(report)}`);
    },
  },
  {
    title: 'rejects a size that is not a multiple of the lot',
    needs: 'fills',
    async run(bench) {
      const { lotSize } = await bench.instrument();
      const order = await bench.order();
      const outcome = await bench.submit({ ...order, quantity: `${lotSize}${lotSize.includes('.') ? '' : '.'}5` });
      must(outcome.kind === 'rejected', `half a lot came to ${shown(outcome)}`);
    },
  },
];

export const reportCases: readonly CaseDefinition[] = [
  {
    title: 'finds an order by both ids, and reports both',
    needs: 'fills',
    async run(bench) {
      const { ref } = await bench.accepted();
      const report = await bench.filled(ref);
      must(report.clientOrderId === ref.clientOrderId, `the report is of ${shown(report.clientOrderId)}`);
      must(report.brokerOrderId === ref.brokerOrderId, `the broker order id is ${shown(report.brokerOrderId)}`);
    },
  },
  {
    title: 'finds an order by clientOrderId alone',
    needs: 'fills',
    async run(bench) {
      where(bench.broker.capabilities.lookupByClientId, 'capabilities.lookupByClientId is false');
      const { order, ref } = await bench.accepted();
      const report = await bench.filled({ clientOrderId: order.clientOrderId, symbol: order.symbol });
      must(report.brokerOrderId === ref.brokerOrderId, `found ${shown(report)}`);
    },
  },
  {
    title: 'answers not_found for an unknown order',
    needs: 'any',
    async run(bench) {
      where(bench.broker.capabilities.lookupByClientId, 'capabilities.lookupByClientId is false');
      const report = await bench.status(await bench.order());
      must(report === 'not_found', `an order that was never sent is ${shown(report)}`);
    },
  },
  {
    title: 'reports a fill with its full size and a price above zero',
    needs: 'fills',
    async run(bench) {
      const { order, ref } = await bench.accepted();
      const { filledSize, fillPrice, fills } = await bench.filled(ref);
      must(filledSize === order.quantity, `filled ${shown(filledSize)} of ${order.quantity}`);
      const price = parseDecimal(fillPrice);
      must((price !== undefined && isPositive(price)) || (fills?.length ?? 0) > 0, `no price: ${shown(fillPrice)}`);
    },
  },
  {
    title: 'keeps a partly filled order open, with the price of that part',
    needs: 'fills-partly',
    async run(bench) {
      const { order, ref } = await bench.accepted();
      const report = await bench.until(ref, 'filled in part', (seen) => isBetween(seen, order.quantity));
      must(!isFinal(report), `an order filled in part is ${report.state}`);
      must(report.fillPrice !== undefined || (report.fills?.length ?? 0) > 0, 'the part has no price');
    },
  },
  {
    title: 'never lowers the filled size',
    needs: 'fills-partly',
    async run(bench) {
      const { order, ref } = await bench.accepted();
      let most = (await bench.until(ref, 'filled in part', (seen) => isBetween(seen, order.quantity))).filledSize;
      for (let polls = 0; polls < 10; polls += 1) {
        await bench.wait(bench.boundMs / 40);
        const report = await bench.status(ref);
        must(report !== 'not_found', 'the order vanished');
        const [now, known] = [parseDecimal(report.filledSize), parseDecimal(most)];
        must(
          now !== undefined && known !== undefined && !lessThan(now, known),
          `${most} filled became ${report.filledSize}`,
        );
        most = report.filledSize;
      }
    },
  },
  {
    title: 'writes decimals as canonical strings',
    needs: 'fills',
    async run(bench) {
      const { ref } = await bench.accepted();
      const { filledSize, fillPrice } = await bench.filled(ref);
      const sizes =
        bench.broker.capabilities.positions === 'none' ? [] : (await bench.positions()).map(({ size }) => size);
      for (const value of [filledSize, fillPrice, ...sizes]) {
        must(
          value === undefined || (typeof value === 'string' && parseDecimal(value) === value),
          `${shown(value)} is not canonical`,
        );
      }
    },
  },
  {
    title: 'answers a batch query like single queries',
    needs: 'fills',
    async run(bench) {
      const { broker } = bench;
      where(broker.capabilities.batchStatus, 'capabilities.batchStatus is false');
      const refs = [(await bench.accepted()).ref, (await bench.accepted()).ref];
      for (const ref of refs) await bench.filled(ref);
      const batch = await bench.call(
        'getOrderStatuses',
        async (signal) => broker.getOrderStatuses?.(refs, signal) ?? [],
      );
      for (const ref of refs) {
        const single = await bench.status(ref);
        const row = batch.find(({ clientOrderId }) => clientOrderId === ref.clientOrderId);
        const isSame = single !== 'not_found' && row?.state === single.state && row.filledSize === single.filledSize;
        must(isSame, `the batch says ${shown(row)}, the single query ${shown(single)}`);
      }
    },
  },
];

export const cancelCases: readonly CaseDefinition[] = [
  {
    title: 'cancels an open order, and reports it',
    needs: 'rests',
    async run(bench) {
      const { ref } = await bench.accepted();
      const outcome = await bench.cancel(ref);
      must(outcome === 'requested', `the cancel of an open order came to ${shown(outcome)}`);
      await bench.until(ref, 'cancelled', ({ state }) => state === 'cancelled');
    },
  },
  {
    title: 'cancels by clientOrderId alone',
    needs: 'rests',
    async run(bench) {
      where(bench.broker.capabilities.lookupByClientId, 'capabilities.lookupByClientId is false');
      const { order, ref } = await bench.accepted();
      const outcome = await bench.cancel({ clientOrderId: order.clientOrderId, symbol: order.symbol });
      must(outcome === 'requested', `the cancel came to ${shown(outcome)}`);
      await bench.until(ref, 'cancelled', ({ state }) => state === 'cancelled');
    },
  },
  {
    title: 'answers already_closed to a second cancel',
    needs: 'rests',
    async run(bench) {
      const { ref } = await bench.accepted();
      await bench.cancel(ref);
      await bench.until(ref, 'cancelled', ({ state }) => state === 'cancelled');
      const again = await bench.cancel(ref);
      must(again === 'already_closed', `the second cancel came to ${shown(again)}`);
    },
  },
  {
    title: 'answers already_closed to the cancel of a filled order, which stays filled',
    needs: 'fills',
    async run(bench) {
      const { order, ref } = await bench.accepted();
      await bench.filled(ref);
      const before = await bench.held();
      const outcome = await bench.cancel(ref);
      must(outcome === 'already_closed', `the cancel of a filled order came to ${shown(outcome)}`);
      await bench.wait(bench.boundMs / 4);
      const report = await bench.status(ref);
      must(report !== 'not_found' && report.filledSize === order.quantity, `after it the order is ${shown(report)}`);
      const after = await bench.held();
      must(after === before, `the cancel of a filled order made a position of ${before} one of ${after}`);
    },
  },
  {
    title: 'never answers requested to the cancel of an unknown order',
    needs: 'any',
    async run(bench) {
      const outcome = await bench.cancel(await bench.order());
      must(outcome === 'not_found' || outcome === 'unknown', `it came to ${shown(outcome)}`);
    },
  },
  {
    title: 'keeps the filled part when the rest is cancelled',
    needs: 'fills-partly',
    async run(bench) {
      const flat = (await bench.held()) ?? ZERO;
      const { order, ref } = await bench.accepted();
      const { filledSize } = await bench.until(ref, 'filled in part', (seen) => isBetween(seen, order.quantity));
      await bench.cancel(ref);
      const closed = await bench.until(ref, 'cancelled', ({ state }) => state === 'cancelled');
      const [now, before] = [parseDecimal(closed.filledSize), parseDecimal(filledSize)];
      must(
        now !== undefined && before !== undefined && !lessThan(now, before),
        `${filledSize} filled became ${closed.filledSize}`,
      );
      await bench.wait(bench.boundMs / 4);
      const held = await bench.held();
      must(
        held === undefined || held === add(flat, now),
        `${closed.filledSize} are filled, and the position is ${held} after the cancel of the rest`,
      );
    },
  },
];
