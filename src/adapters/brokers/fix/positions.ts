/**
 * RequestForPositions (35=AN), its acknowledgement (AO) and the position reports (AP).
 *
 * 1. A request has an id of its own and is answered when as many reports have come as were announced.
 * 2. Several reports on a symbol are added up; long is positive, short negative.
 * 3. A refusal, and an answer that is not complete in time, is an error: no news, never "flat".
 */
import { add, type Decimal, isZero, parseDecimal, subtract, ZERO } from '../../../domain/decimal.js';
import type { PositionReport, WorkingProtection } from '../../../domain/ports.js';
import { isFinal, type Received } from './execution-report.js';
import type { OrderBook } from './order-book.js';

const POS_REQ_ID = 710;
const TOTAL_REPORTS = 727;
const POS_REQ_RESULT = 728;
const SYMBOL = 55;
const LONG_QTY = 704;
const SHORT_QTY = 705;
const SETTL_PRICE = 730;
/** PosReqResult: valid request, and no positions found. */
const VALID = '0';
const NONE_FOUND = '2';

export interface PositionRequests {
  /** Sends a request and collects its answer. @throws {Error} when it is refused or not answered */
  ask(signal: AbortSignal, send: (requestId: string) => boolean): Promise<readonly PositionReport[]>;
  received(message: Received): void;
  lose(cause: string): void;
}

interface Collected {
  expected: number | undefined;
  readonly reports: PositionReport[];
  done(): void;
  fail(cause: string): void;
}

export function positionRequests(newId: () => string): PositionRequests {
  const open = new Map<string, Collected>();

  return {
    ask(signal, send) {
      const id = newId();
      return new Promise((resolve, reject) => {
        const fail = (cause: string): void => {
          open.delete(id);
          reject(new Error(`FIX: no positions: ${cause}`));
        };
        const collected: Collected = {
          expected: undefined,
          reports: [],
          fail,
          done() {
            open.delete(id);
            resolve(addedUp(collected.reports));
          },
        };
        open.set(id, collected);
        signal.addEventListener('abort', () => fail('no answer in time'), { once: true });
        if (!send(id)) fail('the session is not ready');
      });
    },
    received(message) {
      const collected = open.get(message.field(POS_REQ_ID) ?? '');
      if (collected === undefined) return;
      const result = message.field(POS_REQ_RESULT) ?? VALID;
      if (result !== VALID && result !== NONE_FOUND) return collected.fail(`refused with PosReqResult ${result}`);
      const total = message.field(TOTAL_REPORTS);
      if (total !== undefined) collected.expected = Number(total);
      if (result === NONE_FOUND) collected.expected ??= 0;
      if (message.type === 'AP' && result === VALID) collected.reports.push(reportOf(message));
      if (collected.expected !== undefined && collected.reports.length >= collected.expected) collected.done();
    },
    lose(cause) {
      for (const collected of [...open.values()]) collected.fail(cause);
    },
  };
}

function reportOf(message: Received): PositionReport {
  const added = (tag: number) => message.fields(tag).reduce((all: Decimal, one) => add(all, sizeOf(one)), ZERO);
  const entryPrice = message.field(SETTL_PRICE);
  return {
    symbol: message.field(SYMBOL) ?? '',
    size: subtract(added(LONG_QTY), added(SHORT_QTY)),
    ...(entryPrice !== undefined && { entryPrice }),
  };
}

const sizeOf = (text: string | undefined): Decimal => parseDecimal(text) ?? ZERO;

function addedUp(reports: readonly PositionReport[]): readonly PositionReport[] {
  const bySymbol = new Map<string, PositionReport>();
  for (const report of reports) {
    const known = bySymbol.get(report.symbol);
    const size = add(sizeOf(known?.size), sizeOf(report.size));
    // One price for several reports would be a guess.
    bySymbol.set(report.symbol, known === undefined ? report : { symbol: report.symbol, size });
  }
  return [...bySymbol.values()].filter(({ size }) => !isZero(sizeOf(size)));
}

/** The exits that are known to work, as the execution reports told. */
export function workingProtections(book: OrderBook, symbol: string): readonly WorkingProtection[] {
  const pairs = new Map<string, WorkingProtection>();
  for (const { order, report } of book.orders()) {
    const { exitOf, stopPrice, limitPrice, quantity } = order;
    if (exitOf === undefined || order.symbol !== symbol || report === undefined || isFinal(report)) continue;
    pairs.set(exitOf, {
      ...(pairs.get(exitOf) ?? { clientOrderId: exitOf, quantity }),
      ...(stopPrice !== undefined && { stopLoss: stopPrice }),
      ...(limitPrice !== undefined && { takeProfit: limitPrice }),
    });
  }
  return [...pairs.values()];
}
