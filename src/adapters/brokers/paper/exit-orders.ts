/**
 * Exit pairs at the broker: placed, triggered, closed.
 *
 * 1. A leg id is taken once; the same again is a duplicate, and doubles nothing.
 * 2. Filling one leg cancels the other in the same turn: never are both filled.
 * 3. Exits only reduce: what is filled is cut to the position, so that it never turns over; with nothing to reduce the
 *    pair is cancelled.
 */
import { type Decimal, isZero } from '../../../domain/decimal.js';
import type { LegOutcome, ProtectionOutcome, ProtectionRequest } from '../../../domain/ports.js';
import { type Answer, answer, HANG } from './answer.js';
import type { Book } from './book.js';
import { type CheckedExit, checkExit, type ExitRequest, newLegs } from './exit-checks.js';
import { EXIT_LEGS, type ExitLeg, type ExitPair, legIdOf, triggeredLeg, withoutLegs } from './exit-pair.js';
import { reducible } from './net-position.js';
import { isOpen } from './paper-order.js';
import type { LegScript, ProtectionScript } from './paper-script.js';
import { limitFillPrice } from './quote.js';
import type { ScriptBook } from './script-book.js';

/** Places both legs, or those of them that are new. */
export function placeExits(request: ProtectionRequest, book: Book, scripts: ScriptBook): Answer<ProtectionOutcome> {
  const step = scripts.nextTry(request.clientOrderId, 'protection', scripts.lookUp(request).protection) ?? 'accept';
  const isNew = newLegs(request.clientOrderId, book);
  const checked = checkExit(request, book);
  const outcomeOf = (leg: ExitLeg): LegOutcome =>
    isNew.includes(leg) ? placeChecked(checked, leg, legScript(step, leg), book) : { kind: 'duplicate' };
  const outcome = { stopLoss: outcomeOf('stopLoss'), takeProfit: outcomeOf('takeProfit') };
  // The market may have reached the take-profit already.
  triggerExits(request.symbol, book);
  return step === 'hang' ? HANG : answer(outcome);
}

/** Sets off the exits that the market has reached. */
export function triggerExits(symbol: string, book: Book): void {
  for (const pair of book.workingPairs(symbol)) {
    const market = book.market(symbol, pair.side);
    const leg = market === undefined ? undefined : triggeredLeg(pair, market);
    if (market !== undefined && leg !== undefined) executeLeg(pair, leg, market, book);
  }
}

/** Cancels what is open of a pair; the pair is over. */
export function cancelExits(pair: ExitPair, reason: string, book: Book): void {
  book.putPair(withoutLegs(pair));
  for (const leg of EXIT_LEGS) {
    const order = book.order(legIdOf(pair.clientOrderId, leg));
    if (order !== undefined && isOpen(order)) book.close(order, 'cancelled', reason);
  }
}

function executeLeg(pair: ExitPair, leg: ExitLeg, market: Decimal, book: Book): void {
  const order = book.order(legIdOf(pair.clientOrderId, leg));
  const price = exitPrice(pair, leg, market, book);
  const quantity = reducible(book.position(pair.symbol), pair.side, pair.quantity);
  if (order === undefined || price === undefined) return;
  if (isZero(quantity)) {
    cancelExits(pair, 'reduce-only: there is no position to reduce', book);
    return;
  }
  book.fill(order, quantity, price);
  const isWhole = quantity === pair.quantity;
  cancelExits(pair, isWhole ? 'the other leg was filled' : 'reduce-only: the position was smaller', book);
}

function exitPrice(pair: ExitPair, leg: ExitLeg, market: Decimal, book: Book): Decimal | undefined {
  const tickSize = book.instrument(pair.symbol)?.tickSize;
  if (leg === 'stopLoss') return book.taken(pair.symbol, pair.side, [legIdOf(pair.clientOrderId, leg)]);
  if (pair.takeProfit === undefined || tickSize === undefined) return undefined;
  return limitFillPrice(market, pair.side, pair.takeProfit, tickSize);
}

function placeChecked(checked: CheckedExit, leg: ExitLeg, script: LegScript, book: Book): LegOutcome {
  return checked.kind === 'taken'
    ? placeLeg(checked.exit, leg, script, book)
    : { kind: 'rejected', ...checked.refusal };
}

function placeLeg(exit: ExitRequest, leg: ExitLeg, script: LegScript, book: Book): LegOutcome {
  if (typeof script === 'object') {
    return 'rejected' in script ? { kind: 'rejected', ...script.rejected } : { kind: 'not_sent', ...script.not_sent };
  }
  if (script === 'unknown-and-lost') return { kind: 'unknown', cause: 'the connection was cut' };
  const { clientOrderId, symbol, side, quantity, prices } = exit;
  const price = prices[leg];
  const type = leg === 'stopLoss' ? 'STOP' : 'LIMIT';
  const order = book.add({ clientOrderId: legIdOf(clientOrderId, leg), symbol, side, quantity, type, price });
  if (script === 'lose') book.close(order, 'cancelled', 'lost by the broker');
  else book.putPair({ ...(book.pair(clientOrderId) ?? { clientOrderId, symbol, side, quantity }), [leg]: price });
  if (script === 'unknown-but-live') return { kind: 'unknown', cause: 'the answer was lost' };
  return { kind: 'accepted', brokerOrderId: order.brokerOrderId };
}

/** What a script for both legs means for one. */
function legScript(script: ProtectionScript, leg: ExitLeg): LegScript {
  if (typeof script === 'object') {
    return 'rejected' in script || 'not_sent' in script ? script : (script[leg] ?? 'accept');
  }
  if (script === 'lose-sl') return leg === 'stopLoss' ? 'lose' : 'accept';
  if (script === 'lose-tp') return leg === 'takeProfit' ? 'lose' : 'accept';
  return script === 'hang' ? 'accept' : script;
}
