/**
 * Cases about instruments, positions and protection.
 */
import { isPositive, parseDecimal, ZERO } from '../../domain/decimal.js';
import type { LegOutcome, OrderRef } from '../../domain/ports.js';
import { must, shown, totalOf, where } from './bench.js';
import type { CaseDefinition } from './case-definition.js';
import { type Protected, protectedOrder, tellsPositions } from './protected.js';

export const instrumentCases: readonly CaseDefinition[] = [
  {
    title: 'declares its capabilities correctly',
    needs: 'any',
    async run({ broker }) {
      const { push, batchStatus, positions, minPollMs } = broker.capabilities;
      must(!push || broker.reports$ !== undefined, 'push is declared, and reports$ is not there');
      must(
        !batchStatus || broker.getOrderStatuses !== undefined,
        'batchStatus is declared, getOrderStatuses is not there',
      );
      must(['netting', 'hedging', 'none'].includes(positions), `positions is ${shown(positions)}`);
      must(Number.isFinite(minPollMs) && minPollMs >= 0, `minPollMs is ${shown(minPollMs)}`);
    },
  },
  {
    title: 'returns tick and lot of an instrument, as decimals above zero',
    needs: 'any',
    async run(bench) {
      const rules = await bench.instrument();
      must(rules.symbol === bench.options.symbol, `the rules are of ${shown(rules.symbol)}`);
      for (const name of ['tickSize', 'lotSize'] as const) {
        const size = parseDecimal(rules[name]);
        must(
          typeof rules[name] === 'string' && size !== undefined && isPositive(size),
          `${name} is ${shown(rules[name])}`,
        );
      }
    },
  },
  {
    title: 'answers unknown_symbol for an unknown symbol',
    needs: 'any',
    async run(bench) {
      const { unknownSymbol = 'NO-SUCH-SYMBOL' } = bench.options;
      const answer = await bench.call('instrument', (signal) => bench.broker.instrument(unknownSymbol, signal));
      must(answer === 'unknown_symbol', `instrument(${unknownSymbol}) says ${shown(answer)}`);
    },
  },
];

export const positionCases: readonly CaseDefinition[] = [
  {
    title: 'shows no position when there is none',
    needs: 'any',
    async run(bench) {
      tellsPositions(bench);
      const rows = await bench.positions();
      must(totalOf(rows) === ZERO, `a new account holds ${shown(rows)}`);
    },
  },
  {
    title: 'shows a long position with a positive size',
    needs: 'fills',
    async run(bench) {
      tellsPositions(bench);
      const { order, ref } = await bench.accepted('buy');
      await bench.filled(ref);
      const rows = await bench.positions();
      must(totalOf(rows) === order.quantity, `after buying ${order.quantity} the position is ${shown(rows)}`);
    },
  },
  {
    title: 'shows a short position with a negative size',
    needs: 'fills',
    async run(bench) {
      tellsPositions(bench);
      const { order, ref } = await bench.accepted('sell');
      await bench.filled(ref);
      const rows = await bench.positions();
      must(totalOf(rows) === `-${order.quantity}`, `after selling ${order.quantity} the position is ${shown(rows)}`);
    },
  },
  {
    title: 'nets positions, or keeps one per order, as declared',
    needs: 'fills',
    async run(bench) {
      tellsPositions(bench);
      const [first, second] = [await bench.accepted('buy'), await bench.accepted('buy')];
      for (const { ref } of [first, second]) await bench.filled(ref);
      const rows = (await bench.positions()).filter(({ size }) => parseDecimal(size) !== ZERO);
      const isNetting = bench.broker.capabilities.positions === 'netting';
      must(rows.length === (isNetting ? 1 : 2), `two orders make ${rows.length} positions: ${shown(rows)}`);
      const ids = [first, second].map(({ order }) => order.clientOrderId);
      must(isNetting || ids.every((id) => rows.some((row) => row.clientOrderId === id)), `whose are ${shown(rows)}?`);
    },
  },
];

const legRefs = ({ order }: Protected): readonly OrderRef[] =>
  ['sl', 'tp'].map((leg) => ({ clientOrderId: `${order.clientOrderId}-${leg}`, symbol: order.symbol }));

const isThere = ({ kind }: LegOutcome): boolean => kind === 'accepted' || kind === 'duplicate';

export const protectionCases: readonly CaseDefinition[] = [
  {
    title: 'places SL and TP, and shows them with the position',
    needs: 'fills',
    async run(bench) {
      const { request } = await protectedOrder(bench);
      if (bench.broker.capabilities.positions === 'none') return;
      const [row] = await bench.positions();
      must(row?.sl === request.stopLoss, `SL ${request.stopLoss} is placed, the position shows ${shown(row)}`);
      must(row.tp === request.takeProfit, `TP ${request.takeProfit} is placed, the position shows ${shown(row)}`);
    },
  },
  {
    title: 'does not double protection when it is placed again',
    needs: 'fills',
    async run(bench) {
      const placed = await protectedOrder(bench);
      const again = await bench.protect(placed.request);
      must(isThere(again.stopLoss) && isThere(again.takeProfit), `placed again it came to ${shown(again)}`);
      const { getOpenOrders } = bench.broker;
      where(getOpenOrders !== undefined, 'getOpenOrders is not there: what is open cannot be counted');
      const open = await bench.call('getOpenOrders', (signal) => getOpenOrders.call(bench.broker, signal));
      const own = open.filter(({ clientOrderId }) => clientOrderId.startsWith(placed.order.clientOrderId));
      must(own.length <= 2, `after it ${own.length} orders are open: ${shown(own)}`);
    },
  },
  {
    title: 'finds the legs as the id of the entry with -sl and -tp',
    needs: 'fills',
    async run(bench) {
      where(bench.broker.capabilities.lookupByClientId, 'capabilities.lookupByClientId is false');
      const placed = await protectedOrder(bench);
      for (const ref of legRefs(placed)) {
        const report = await bench.status(ref);
        must(
          report !== 'not_found' && report.clientOrderId === ref.clientOrderId,
          `${ref.clientOrderId} is ${shown(report)}`,
        );
      }
    },
  },
  {
    title: 'does not change the position while SL and TP are working',
    needs: 'fills',
    async run(bench) {
      tellsPositions(bench);
      const { order } = await protectedOrder(bench);
      await bench.wait(bench.boundMs / 4);
      const rows = await bench.positions();
      must(totalOf(rows) === order.quantity, `with SL and TP at rest the position is ${shown(rows)}`);
    },
  },
  {
    title: 'refuses protection without a position',
    needs: 'any',
    async run(bench) {
      const order = await bench.order();
      const flat = {
        clientOrderId: order.clientOrderId,
        brokerOrderId: 'none',
        state: 'filled',
        filledSize: '0',
        fillPrice: '100',
      };
      const request = await bench.protectionFor(order, flat);
      const { stopLoss, takeProfit } = await bench.protect(request);
      must(
        !isThere(stopLoss) && !isThere(takeProfit),
        `reduce-only legs on nothing came to ${shown({ stopLoss, takeProfit })}`,
      );
    },
  },
];
