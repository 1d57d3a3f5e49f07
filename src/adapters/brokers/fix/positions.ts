/**
 * RequestForPositions (35=AN), its acknowledgement (AO) and the position reports (AP).
 *
 * 1. It is answered when as many reports have come as were announced.
 * 2. Several reports on a symbol are added up; long is positive, short negative.
 */
import { add, type Decimal, isZero, parseVenueDecimal, subtract, ZERO } from '../../../domain/decimal.js';
import type { PositionReport, WorkingProtection } from '../../../domain/ports.js';
import type { Collector } from './collector.js';
import { isFinal, type Received } from './execution-report.js';
import type { OrderStore } from './order-store.js';
import { TAG } from './tags.js';

/** PosReqResult: valid request, and no positions found. */
const VALID = '0';
const NONE_FOUND = '2';

/** Takes an acknowledgement or a report in. */
export function takePositions(requests: Collector<PositionReport>, message: Received): void {
  const collected = requests.at(message.field(TAG.posReqId));
  if (collected === undefined) return;
  const result = message.field(TAG.posReqResult) ?? VALID;
  if (result !== VALID && result !== NONE_FOUND) {
    collected.refuse(`refused with PosReqResult ${result}`);
    return;
  }
  const total = message.field(TAG.totalNumPosReports) ?? (result === NONE_FOUND ? '0' : undefined);
  if (message.type === 'AP' && result === VALID) {
    const sizes = [...message.fields(TAG.longQty), ...message.fields(TAG.shortQty)];
    // What cannot be read is not flat (M4).
    if (sizes.some((size) => parseVenueDecimal(size) === undefined)) {
      collected.refuse('a position whose size cannot be read');
      return;
    }
    collected.add(reportOf(message));
  }
  if (total !== undefined) collected.expect(Number(total));
}

function reportOf(message: Received): PositionReport {
  const added = (tag: number) => message.fields(tag).reduce((all: Decimal, one) => add(all, sizeOf(one)), ZERO);
  const entryPrice = message.field(TAG.settlPrice);
  return {
    symbol: message.field(TAG.symbol) ?? '',
    size: subtract(added(TAG.longQty), added(TAG.shortQty)),
    ...(entryPrice !== undefined && { entryPrice }),
  };
}

const sizeOf = (text: string | undefined): Decimal => parseVenueDecimal(text) ?? ZERO;

/** One position a symbol; those that are flat are left out. */
export function addedUp(reports: readonly PositionReport[]): readonly PositionReport[] {
  const bySymbol = new Map<string, PositionReport>();
  for (const report of reports) {
    const known = bySymbol.get(report.symbol);
    const size = add(sizeOf(known?.size), sizeOf(report.size));
    // One price for several reports would be a guess.
    bySymbol.set(report.symbol, known === undefined ? report : { symbol: report.symbol, size });
  }
  return [...bySymbol.values()].filter(({ size }) => !isZero(sizeOf(size)));
}

/** Taken, and not in the market: such an exit does not trigger (B5). */
const IDLE = ['pending', 'suspended'];

/** The exits that are known to work, as the execution reports told. */
export function workingProtections(store: OrderStore, symbol: string): readonly WorkingProtection[] {
  const pairs = new Map<string, WorkingProtection>();
  for (const { order, report } of store.orders()) {
    const { exitOf, stopPrice, limitPrice, quantity } = order;
    if (exitOf === undefined || order.symbol !== symbol || report === undefined) continue;
    if (isFinal(report) || IDLE.includes(report.state)) continue;
    pairs.set(exitOf, {
      ...(pairs.get(exitOf) ?? { clientOrderId: exitOf, quantity }),
      ...(stopPrice !== undefined && { stopLoss: stopPrice }),
      ...(limitPrice !== undefined && { takeProfit: limitPrice }),
    });
  }
  return [...pairs.values()];
}
