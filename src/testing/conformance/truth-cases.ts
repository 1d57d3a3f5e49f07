/**
 * Cases about what cannot be taken back: how many orders there are, and at what price they were filled.
 */
import {
  absolute,
  type Decimal,
  decimal,
  divide,
  lessThan,
  multiply,
  parseDecimal,
  subtract,
  sum,
} from '../../domain/decimal.js';
import type { Fill, OpenOrder, OrderReport, OrderRequest, PositionReport } from '../../domain/ports.js';
import { type Bench, begun, must, shown, where } from './bench.js';
import type { CaseDefinition } from './case-definition.js';

async function openOrders(bench: Bench): Promise<readonly OpenOrder[]> {
  const { broker } = bench;
  if (broker.getOpenOrders === undefined) return [];
  return bench.call('getOpenOrders', async (signal) => broker.getOpenOrders?.(signal) ?? []);
}

/** What was there before a submit. */
interface Before {
  readonly held: Decimal | undefined;
  readonly open: readonly OpenOrder[];
}

const seen = async (bench: Bench): Promise<Before> => ({ held: await bench.held(), open: await openOrders(bench) });

function countsOrders({ broker }: Bench): void {
  const { lookupByClientId, positions } = broker.capabilities;
  const canTell = lookupByClientId || positions !== 'none' || broker.getOpenOrders !== undefined;
  where(canTell, 'neither lookupByClientId nor positions nor getOpenOrders is there: orders cannot be counted');
}

/** Submits, aborts after so long, and fails when the broker then shows more than one order. */
async function oneOrderAtMost(bench: Bench, abortAfterMs: number): Promise<void> {
  const before = await seen(bench);
  const order = await bench.order();
  const controller = new AbortController();
  const promise = begun(() => bench.broker.submitOrder(order, controller.signal));
  promise.catch(() => undefined);
  if (abortAfterMs > 0) await bench.wait(abortAfterMs);
  controller.abort();
  await bench.wait(bench.boundMs / 4);
  await assertOneOrder(bench, order, before);
}

async function assertOneOrder(bench: Bench, { clientOrderId, symbol, quantity }: OrderRequest, before: Before) {
  const whole = decimal(quantity);
  const isMore = (size: Decimal | undefined): boolean => size !== undefined && lessThan(whole, absolute(size));
  if (bench.broker.capabilities.lookupByClientId) {
    const report = await bench.status({ clientOrderId, symbol });
    const isWithin = report === 'not_found' || !isMore(parseDecimal(report.filledSize));
    must(isWithin, `${quantity} was asked for, and the order is ${shown(report)}`);
  }
  const after = await seen(bench);
  const change = after.held && before.held && subtract(after.held, before.held);
  must(!isMore(change), `one submit of ${quantity}, aborted, changed the position by ${change}`);
  const known = new Set(before.open.map(({ brokerOrderId }) => brokerOrderId));
  const open = after.open.filter(({ brokerOrderId }) => !known.has(brokerOrderId));
  const isFilled = change !== undefined && absolute(change) === whole;
  must(
    open.length <= (isFilled ? 0 : 1),
    `one submit of ${quantity}, aborted, changed the position by ${change}, and open are ${shown(open)}`,
  );
}

/** The volume-weighted average (R2.4). */
function averageOf(fills: readonly Fill[]): Decimal | undefined {
  const pairs = fills.map(({ quantity, price }) => [parseDecimal(quantity), parseDecimal(price)] as const);
  const known = pairs.flatMap(([quantity, price]) => (quantity && price ? [{ quantity, price }] : []));
  const total = sum(known.map(({ quantity }) => quantity));
  if (known.length < fills.length || !lessThan(decimal('0'), total)) return undefined;
  return divide(sum(known.map(({ quantity, price }) => multiply(quantity, price))), total);
}

/** An average may be rounded to the tick, so it may be off by half of one. */
function assertNear(a: Decimal | undefined, b: Decimal, tick: Decimal, sentence: string): void {
  must(a !== undefined && !lessThan(divide(tick, decimal('2')), absolute(subtract(a, b))), sentence);
}

/** Holds what is told of the price against each other; returns how often there was something to hold. */
function comparePrices(
  { filledSize, fillPrice, fills = [] }: OrderReport,
  rows: readonly PositionReport[],
  expected: string | undefined,
  tick: Decimal,
): number {
  const average = fills.length > 0 ? averageOf(fills) : undefined;
  const told = parseDecimal(fillPrice) ?? average;
  must(told !== undefined, `no price of the fill: ${shown({ fillPrice, fills })}`);
  let compared = 0;
  if (fills.length > 0) {
    const total = sum(fills.map(({ quantity }) => parseDecimal(quantity) ?? decimal('0')));
    must(total === filledSize, `fills add up to ${total}, filledSize is ${filledSize}: ${shown(fills)}`);
    assertNear(average, told, tick, `fillPrice is ${fillPrice}, the average of the fills ${average}: ${shown(fills)}`);
    compared += fillPrice === undefined ? 0 : 1;
  }
  for (const { entryPrice } of rows) {
    if (entryPrice === undefined) continue;
    assertNear(
      parseDecimal(entryPrice),
      told,
      tick,
      `the order was filled at ${told}, entryPrice is ${shown(entryPrice)}`,
    );
    compared += 1;
  }
  if (expected !== undefined) {
    assertNear(told, decimal(expected), tick, `the fill is told at ${told}; expectedPrice is ${expected}`);
    compared += 1;
  }
  return compared;
}

export const truthCases: readonly CaseDefinition[] = [
  {
    title: 'has one order at most after a submit without answer',
    needs: 'submit-hangs',
    async run(bench) {
      countsOrders(bench);
      // As long as an answer may take: whoever is impatient has sent it again by then, or does when it is aborted.
      await oneOrderAtMost(bench, bench.boundMs);
    },
  },
  {
    title: 'reports the average fill price',
    needs: 'fills',
    async run(bench) {
      const { ref } = await bench.accepted();
      const report = await bench.filled(ref);
      const rows = bench.broker.capabilities.positions === 'none' ? [] : await bench.positions();
      const { tickSize } = await bench.instrument();
      const compared = comparePrices(report, rows, bench.options.expectedPrice, decimal(tickSize));
      where(compared > 0, 'neither fills nor entryPrice is told, and options.expectedPrice is not given');
    },
  },
];

/** In ms after the call: some of these come while the order is on its way. */
const ABORTS_AFTER_MS = [0, 1, 5];

export const abortCases: readonly CaseDefinition[] = [
  {
    title: 'has one order at most when a submit is aborted in flight',
    needs: 'fills',
    async run(bench) {
      countsOrders(bench);
      for (const ms of ABORTS_AFTER_MS) await oneOrderAtMost(bench, ms);
    },
  },
];
