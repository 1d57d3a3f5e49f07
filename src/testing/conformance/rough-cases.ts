/**
 * Cases about what venues do beside the good day: fills that are taken back, exits that end, fees, what a rate budget carries.
 */
import {
  type Decimal,
  decimal,
  isPositive,
  multiply,
  parseVenueDecimal,
  roundToStep,
  subtract,
  sum,
  ZERO,
} from '../../domain/decimal.js';
import { baseAssetOf } from '../../domain/held.js';
import type { OrderRef, OrderReport } from '../../domain/ports.js';
import { type Bench, must, shown, where } from './bench.js';
import type { CaseDefinition } from './case-definition.js';
import { protectedOrder } from './protected.js';
import type { VenuePowers } from './venue-powers.js';

type Power = keyof VenuePowers;

/** Does what the power says; the case is skipped where the venue has no such power. */
async function make<Name extends Power>(
  { subject }: Bench,
  name: Name,
  ...given: Parameters<NonNullable<VenuePowers[Name]>>
): Promise<void> {
  const power = subject.venue?.[name] as ((...all: unknown[]) => void | Promise<void>) | undefined;
  where(power !== undefined, `makeBroker does not say how to make the venue do it (venue.${name})`);
  await power.call(subject.venue, ...given);
}

const has = ({ subject }: Bench, name: Power): void =>
  where(subject.venue?.[name] !== undefined, `makeBroker does not say how to make the venue do it (venue.${name})`);

/** All that is told of the order, pushed or asked for, until one report is as wanted. */
async function toldOf(
  bench: Bench,
  ref: OrderRef,
  act: () => Promise<void>,
  what: string,
  isAsWanted: (report: OrderReport) => boolean,
): Promise<OrderReport> {
  const { broker, boundMs } = bench;
  const heard: OrderReport[] = [];
  const isOwn = (push: OrderReport | { readonly type: 'gap' }): push is OrderReport =>
    'clientOrderId' in push && push.clientOrderId === ref.clientOrderId;
  const next = (push: OrderReport | { readonly type: 'gap' }): void => {
    if (isOwn(push)) heard.push(push);
  };
  const subscription = broker.reports$?.subscribe({ next, error: () => undefined });
  try {
    await act();
    for (let waited = 0; waited <= boundMs; waited += boundMs / 20) {
      const report = await bench.status(ref);
      if (report !== 'not_found') heard.push(report);
      const found = heard.find(isAsWanted);
      if (found !== undefined) return found;
      await bench.wait(boundMs / 20);
    }
  } finally {
    subscription?.unsubscribe();
  }
  must(false, `${what} was not told within ${boundMs} ms; the last report is ${shown(heard.at(-1))}`);
}

const sizeOf = (text: string | undefined): Decimal => parseVenueDecimal(text) ?? ZERO;

async function tellsOfExits(bench: Bench): Promise<void> {
  has(bench, 'endExit');
  const { order } = await protectedOrder(bench);
  const refOf = (leg: 'sl' | 'tp') => ({ clientOrderId: `${order.clientOrderId}-${leg}`, symbol: order.symbol });
  const before = await bench.status(refOf('sl'));
  must(
    before !== 'not_found' && before.state === 'working',
    `the stop-loss works, and its own id shows ${shown(before)}; wanted is the state 'working'`,
  );
  const ended = ['cancelled', 'rejected', 'expired'];
  const report = await toldOf(
    bench,
    refOf('sl'),
    () => make(bench, 'endExit', `${order.clientOrderId}-sl`),
    'the end of the stop-loss',
    ({ state }) => ended.includes(state),
  );
  must(sizeOf(report.filledSize) === ZERO, `nothing of the stop-loss traded, and its end says ${shown(report)}`);
}

async function refusesLate(bench: Bench): Promise<void> {
  await make(bench, 'refuseNextStop', bench.boundMs / 20);
  const { order, ref } = await bench.accepted('buy');
  const report = await bench.filled(ref);
  const { stopLoss } = await bench.protect(await bench.protectionFor(order, report));
  if (stopLoss.kind === 'rejected') return;
  must(stopLoss.kind === 'accepted', `the stop-loss came to ${shown(stopLoss)}`);
  must(
    stopLoss.state === 'pending',
    `the stop-loss is taken and does not work yet, and the adapter says ${shown(stopLoss)}; wanted is the state 'pending'`,
  );
  const leg = { clientOrderId: `${order.clientOrderId}-sl`, symbol: order.symbol };
  await toldOf(
    bench,
    leg,
    () => Promise.resolve(),
    'the refusal of the stop-loss',
    ({ state }) => state === 'rejected',
  );
}

const FEE_RATE = '0.001';

interface Charged {
  readonly fee: Decimal;
  readonly report: OrderReport;
  readonly order: Awaited<ReturnType<Bench['accepted']>>['order'];
}

/** A buy of which a fee in the bought asset is taken, as it is told. */
async function charged(bench: Bench): Promise<Charged> {
  has(bench, 'feeInAsset');
  const instrument = await bench.instrument();
  const asset = baseAssetOf(bench.options.symbol, instrument);
  where(asset !== undefined, 'instrument names no baseAsset: a fee cannot be taken in it');
  await make(bench, 'feeInAsset', FEE_RATE);
  const { order, ref } = await bench.accepted('buy');
  const wanted = multiply(decimal(order.quantity), decimal(FEE_RATE));
  const isTold = ({ state, fees = [] }: OrderReport): boolean =>
    state === 'filled' && sum(fees.filter((fee) => fee.asset === asset).map(({ amount }) => sizeOf(amount))) === wanted;
  const report = await bench.until(ref, `told with a fee of ${wanted} ${asset} in \`fees\``, isTold);
  return { fee: wanted, report, order };
}

/** More lives than any budget carries. */
const CROWD = 1_000_000;

export const roughCases: readonly CaseDefinition[] = [
  {
    title: 'reports a bust, and what remains',
    needs: 'fills',
    async run(bench) {
      has(bench, 'takeBack');
      const { order, ref } = await bench.accepted();
      await bench.filled(ref);
      const act = () => make(bench, 'takeBack', order.clientOrderId);
      const report = await toldOf(bench, ref, act, 'the bust', ({ correction }) => correction?.kind === 'bust');
      must(sizeOf(report.filledSize) === ZERO, `all was taken back, and the report says ${shown(report)}`);
    },
  },
  {
    title: 'reports a trade correction, and the new price',
    needs: 'fills',
    async run(bench) {
      has(bench, 'correctPrice');
      const { order, ref } = await bench.accepted();
      const { fillPrice } = await bench.filled(ref);
      const { tickSize } = await bench.instrument();
      const price = subtract(sizeOf(fillPrice), decimal(tickSize));
      const act = () => make(bench, 'correctPrice', order.clientOrderId, price);
      const report = await toldOf(
        bench,
        ref,
        act,
        'the correction',
        ({ correction }) => correction?.kind === 'correct',
      );
      must(
        sizeOf(report.filledSize) === decimal(order.quantity) && sizeOf(report.fillPrice) === price,
        `the fill is now ${order.quantity} at ${price}, and the report says ${shown(report)}`,
      );
    },
  },
  { title: 'shows a working exit under its own id, and reports its end', needs: 'fills', run: tellsOfExits },
  { title: 'does not report a stop-loss as placed that is refused before it works', needs: 'fills', run: refusesLate },
  {
    title: 'reports a fee in the bought asset, and the position without it',
    needs: 'fills',
    async run(bench) {
      const { fee, order } = await charged(bench);
      const held = await bench.held();
      const wanted = subtract(decimal(order.quantity), fee);
      must(held === undefined || held === wanted, `${order.quantity} less ${fee} are held, and positions say ${held}`);
    },
  },
  {
    title: 'protects what such a fee leaves, in one try',
    needs: 'fills',
    async run(bench) {
      const { fee, order, report } = await charged(bench);
      const { lotSize, protectionLotSize = lotSize } = await bench.instrument();
      const quantity = roundToStep(subtract(decimal(order.quantity), fee), decimal(protectionLotSize), 'down');
      where(isPositive(quantity), 'the fee leaves no lot to protect');
      const request = { ...(await bench.protectionFor(order, report)), quantity };
      const { stopLoss, takeProfit } = await bench.protect(request);
      must(
        stopLoss.kind === 'accepted' && takeProfit.kind === 'accepted',
        `exits for ${quantity} came to ${shown({ stopLoss, takeProfit })}`,
      );
    },
  },
  {
    title: 'returns how many more lives its rate budget allows, synchronously',
    needs: 'any',
    async run({ broker }) {
      where(broker.capacity !== undefined, 'capacity is not there');
      const [alone, crowded]: readonly unknown[] = [broker.capacity(0), broker.capacity(CROWD)];
      const isCount = (value: unknown): value is number => typeof value === 'number' && value >= 0;
      must(
        isCount(alone) && isCount(crowded),
        `capacity says ${shown([alone, crowded])}; wanted are numbers from 0 on`,
      );
      must(alone >= 1, `nothing is in flight, and capacity(0) is ${alone}: no advisory would ever begin`);
      must(crowded <= alone, `capacity(0) is ${alone}, and with ${CROWD} lives in flight ${crowded}`);
    },
  },
];
