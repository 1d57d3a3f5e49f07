/**
 * Cases about exits: on the right side, of the right size, for a sale as for a purchase.
 */
import { add, type Decimal, decimal, negate, parseDecimal, ZERO } from '../../domain/decimal.js';
import type { PositionReport, ProtectionRequest, Side } from '../../domain/ports.js';
import { type Bench, must, shown, totalOf, where } from './bench.js';
import type { CaseDefinition } from './case-definition.js';
import { protectedOrder, tellsPositions, twoProtectedOrders } from './protected.js';

/** What is listed of a pair must be what was asked for; says whether it is listed. */
function isListedAsAsked(rows: readonly PositionReport[], request: ProtectionRequest): boolean {
  if (rows.every(({ protections }) => protections === undefined)) return false;
  const listed = rows.flatMap(({ protections = [] }) => protections);
  const own = listed.find(({ clientOrderId }) => clientOrderId === request.clientOrderId);
  must(own !== undefined, `the exits of ${request.clientOrderId} are placed, and protections lists ${shown(listed)}`);
  must(
    parseDecimal(own.quantity) === parseDecimal(request.quantity),
    `exits for ${request.quantity} are placed, and protections lists ${shown(own)}`,
  );
  return true;
}

const legsOf = ['stopLoss', 'takeProfit'] as const;

/** A tick beyond the price of an exit: there it has gone off, whatever the broker calls reached. */
function beyond({ side, ...prices }: ProtectionRequest, leg: (typeof legsOf)[number], tick: Decimal): string {
  const goesDown = (side === 'sell') === (leg === 'stopLoss');
  return add(decimal(prices[leg]), goesDown ? negate(tick) : tick);
}

async function openExits(bench: Bench, entryId: string): Promise<readonly unknown[]> {
  const { broker } = bench;
  if (broker.getOpenOrders === undefined) return [];
  const open = await bench.call('getOpenOrders', async (signal) => broker.getOpenOrders?.(signal) ?? []);
  return open.filter(({ clientOrderId }) => [`${entryId}-sl`, `${entryId}-tp`].includes(clientOrderId));
}

async function assertFlat(bench: Bench, what: string): Promise<void> {
  let held = await bench.held();
  for (let waited = 0; waited <= bench.boundMs && held !== ZERO; waited += bench.boundMs / 20) {
    await bench.wait(bench.boundMs / 20);
    held = await bench.held();
  }
  must(held === ZERO, `${what}, and the position is ${held} instead of 0`);
}

/** Both exits, one after the other; the market goes back in between. */
async function closes(bench: Bench, side: Side): Promise<void> {
  tellsPositions(bench);
  const { subject } = bench;
  where(subject.moveTo !== undefined, 'makeBroker does not say how to move the market (moveTo)');
  const tick = decimal((await bench.instrument()).tickSize);
  for (const leg of legsOf) {
    const { order, report, request } = await protectedOrder(bench, side);
    const other = leg === 'stopLoss' ? 'takeProfit' : 'stopLoss';
    await subject.moveTo(beyond(request, leg, tick));
    await assertFlat(bench, `${leg} ${request[leg]} of ${order.side} ${order.quantity} was reached`);
    await bench.wait(bench.boundMs / 4);
    // Without a native OCO the adapter ends the other exit, in its own time; it may not trade meanwhile.
    const open = bench.broker.capabilities.nativeOco ? await openExits(bench, order.clientOrderId) : [];
    must(open.length === 0, `${leg} was reached, and still open are ${shown(open)}`);
    await subject.moveTo(beyond(request, other, tick));
    await bench.wait(bench.boundMs / 4);
    await assertFlat(bench, `${leg} was reached, and then the price of ${other}`);
    await subject.moveTo(report.fillPrice ?? request[leg]);
  }
}

export const exitCases: readonly CaseDefinition[] = [
  {
    title: 'places SL and TP of a short position, and shows them with it',
    needs: 'fills',
    async run(bench) {
      const { request } = await protectedOrder(bench, 'sell');
      if (bench.broker.capabilities.positions === 'none') return;
      const rows = await bench.positions();
      const [row] = rows;
      must(row?.sl === request.stopLoss, `SL ${request.stopLoss} is placed, the position shows ${shown(row)}`);
      must(row.tp === request.takeProfit, `TP ${request.takeProfit} is placed, the position shows ${shown(row)}`);
      isListedAsAsked(rows, request);
    },
  },
  {
    title: 'does not change a short position while SL and TP are working',
    needs: 'fills',
    async run(bench) {
      tellsPositions(bench);
      const { order } = await protectedOrder(bench, 'sell');
      await bench.wait(bench.boundMs / 4);
      const rows = await bench.positions();
      must(totalOf(rows) === `-${order.quantity}`, `with SL and TP at rest the position is ${shown(rows)}`);
    },
  },
  {
    title: 'protects the requested quantity',
    needs: 'fills',
    async run(bench) {
      tellsPositions(bench);
      // Two orders: what protects the whole position, whatever was asked for, is right for the first one alone.
      const pairs = await twoProtectedOrders(bench);
      const rows = await bench.positions();
      const listed = pairs.map(({ request }) => isListedAsAsked(rows, request));
      where(
        listed.includes(true),
        'getPositions lists no protections: the quantity shows when an exit goes off, in BC-43',
      );
    },
  },
  {
    title: 'closes a long position by SL or TP, down to 0',
    needs: 'fills',
    run: (bench) => closes(bench, 'buy'),
  },
  {
    title: 'closes a short position by SL or TP, up to 0',
    needs: 'fills',
    run: (bench) => closes(bench, 'sell'),
  },
];
