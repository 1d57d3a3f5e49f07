/**
 * SL and TP worked out a second time, in whole numbers, by nothing that the engine uses.
 */
import type { FrozenSnapshot } from '../../domain/snapshot.js';
import type { BrokerWorld, WorldOrder } from '../simulation/broker-world.js';

const DIGITS = 10;
const SCALE = 10n ** BigInt(DIGITS);
const TICK = SCALE / 100n;

/** What may rightly be asked for: for each state that the order has been in, `side quantity SL … TP …`. */
export function bracketOracle(world: BrokerWorld, order: WorldOrder, snapshot: FrozenSnapshot): readonly string[] {
  const times = [...order.plan.fills.map(({ atMs }) => order.liveAt + atMs), undefined];
  const states = times.map((at) => world.truth(order, at));
  return [
    ...new Set(
      states.flatMap(({ cumQty, avgPrice }) => (avgPrice === undefined ? [] : [wanted(cumQty, avgPrice, snapshot)])),
    ),
  ];
}

function wanted(quantity: number, avgPrice: string, { side, slOffsetPct, tpOffsetPct }: FrozenSnapshot): string {
  const fill = scaled(avgPrice);
  const at = (offset: string) => (fill * (SCALE + scaled(offset))) / SCALE;
  const [stopLoss, takeProfit] = [at(slOffsetPct), at(tpOffsetPct)].map((price) =>
    // Toward the fill: what lies below is rounded up, what lies above is rounded down.
    price < fill ? ((price + TICK - 1n) / TICK) * TICK : (price / TICK) * TICK,
  );
  return `${side === 'buy' ? 'sell' : 'buy'} ${quantity} SL ${shown(stopLoss)} TP ${shown(takeProfit)}`;
}

function scaled(text: string): bigint {
  const [, sign = '', whole = '0', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  const value = BigInt(whole + fraction.padEnd(DIGITS, '0').slice(0, DIGITS));
  return sign === '-' ? -value : value;
}

function shown(value = 0n): string {
  const text = String(value).padStart(DIGITS + 1, '0');
  return `${text.slice(0, -DIGITS)}.${text.slice(-DIGITS)}`.replace(/\.?0+$/, '');
}
