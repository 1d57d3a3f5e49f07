/**
 * How cases come by a position that is protected.
 */
import type { OrderReport, OrderRequest, ProtectionRequest, Side } from '../../domain/ports.js';
import { type Bench, must, shown, where } from './bench.js';

export interface Protected {
  readonly order: OrderRequest;
  readonly report: OrderReport;
  readonly request: ProtectionRequest;
}

export const tellsPositions = ({ broker }: Bench): void =>
  where(broker.capabilities.positions !== 'none', "capabilities.positions is 'none'");

/** Buys or sells, and places both exits; fails unless both are taken. */
export async function protectedOrder(bench: Bench, side: Side = 'buy'): Promise<Protected> {
  return protect(bench, side === 'buy' ? await bench.accepted('buy') : await sold(bench));
}

/** Two positions, bought before either is protected: some venues refuse an entry while exits of the symbol stand. */
export async function twoProtectedOrders(bench: Bench): Promise<readonly Protected[]> {
  const [first, second] = [await bench.accepted('buy'), await bench.accepted('buy')];
  return [await protect(bench, first), await protect(bench, second)];
}

async function protect(bench: Bench, { order, ref }: Awaited<ReturnType<Bench['accepted']>>): Promise<Protected> {
  const report = await bench.filled(ref);
  const request = await bench.protectionFor(order, report);
  const { stopLoss, takeProfit } = await bench.protect(request);
  for (const [name, leg] of [
    ['stopLoss', stopLoss],
    ['takeProfit', takeProfit],
  ] as const)
    must(leg.kind === 'accepted', `${name} came to ${shown(leg)}`);
  return { order, report, request };
}

/** Where nothing can be sold short, that is for the case of the sold position to say: the others do not apply. */
async function sold(bench: Bench): ReturnType<Bench['accepted']> {
  const excuse = bench.options.skip?.['BC-24'];
  where(excuse === undefined, `BC-24 is skipped: ${excuse}`);
  const order = await bench.order('sell');
  const outcome = await bench.submit(order);
  where(outcome.kind !== 'rejected', `selling on a flat account is refused: ${shown(outcome)}`);
  must(outcome.kind === 'accepted', `submitOrder came to ${shown(outcome)}`);
  const { clientOrderId, symbol } = order;
  return { order, ref: { clientOrderId, symbol, brokerOrderId: outcome.brokerOrderId } };
}
