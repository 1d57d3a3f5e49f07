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
import { type CheckedExit, checkExit, type ExitRequest, newLegs } from './exit-checks.js';
import { EXIT_LEGS, type ExitLeg, type ExitPair, legIdOf, triggeredLeg, withoutLegs } from './exit-pair.js';
import { reducible } from './net-position.js';
import type { OrderStore } from './order-store.js';
import { isOpen } from './paper-order.js';
import type { LegScript, ProtectionScript } from './paper-script.js';
import { limitFillPrice } from './quote.js';
import type { ScriptStore } from './script-store.js';

/** Places both legs, or those of them that are new. */
export function placeExits(
  request: ProtectionRequest,
  store: OrderStore,
  scripts: ScriptStore,
): Answer<ProtectionOutcome> {
  const step = scripts.nextTry(request.clientOrderId, 'protection', scripts.lookUp(request).protection) ?? 'accept';
  const isNew = newLegs(request.clientOrderId, store);
  const checked = checkExit(request, store);
  const outcomeOf = (leg: ExitLeg): LegOutcome =>
    isNew.includes(leg) ? placeChecked(checked, leg, legScript(step, leg), store) : { kind: 'duplicate' };
  const outcome = { stopLoss: outcomeOf('stopLoss'), takeProfit: outcomeOf('takeProfit') };
  // The market may have reached the take-profit already.
  triggerExits(request.symbol, store);
  return step === 'hang' ? HANG : answer(outcome);
}

/** Sets off the exits that the market has reached. */
export function triggerExits(symbol: string, store: OrderStore): void {
  for (const pair of store.workingPairs(symbol)) {
    const market = store.market(symbol, pair.side);
    const leg = market === undefined ? undefined : triggeredLeg(pair, market);
    if (market !== undefined && leg !== undefined) executeLeg(pair, leg, market, store);
  }
}

/** Cancels what is open of a pair; the pair is over. */
export function cancelExits(pair: ExitPair, reason: string, store: OrderStore): void {
  store.putPair(withoutLegs(pair));
  for (const leg of EXIT_LEGS) {
    const order = store.order(legIdOf(pair.clientOrderId, leg));
    if (order !== undefined && isOpen(order)) store.close(order, 'cancelled', reason);
  }
}

function executeLeg(pair: ExitPair, leg: ExitLeg, market: Decimal, store: OrderStore): void {
  const order = store.order(legIdOf(pair.clientOrderId, leg));
  const price = exitPrice(pair, leg, market, store);
  const quantity = reducible(store.position(pair.symbol), pair.side, pair.quantity);
  if (order === undefined || price === undefined) return;
  if (isZero(quantity)) {
    cancelExits(pair, 'reduce-only: there is no position to reduce', store);
    return;
  }
  store.fill(order, quantity, price);
  const isWhole = quantity === pair.quantity;
  cancelExits(pair, isWhole ? 'the other leg was filled' : 'reduce-only: the position was smaller', store);
}

function exitPrice(pair: ExitPair, leg: ExitLeg, market: Decimal, store: OrderStore): Decimal | undefined {
  const tickSize = store.instrument(pair.symbol)?.tickSize;
  if (leg === 'stopLoss') return store.taken(pair.symbol, pair.side, [legIdOf(pair.clientOrderId, leg)]);
  if (pair.takeProfit === undefined || tickSize === undefined) return undefined;
  return limitFillPrice(market, pair.side, pair.takeProfit, tickSize);
}

function placeChecked(checked: CheckedExit, leg: ExitLeg, script: LegScript, store: OrderStore): LegOutcome {
  return checked.kind === 'taken'
    ? placeLeg(checked.exit, leg, script, store)
    : { kind: 'rejected', ...checked.refusal };
}

function placeLeg(exit: ExitRequest, leg: ExitLeg, script: LegScript, store: OrderStore): LegOutcome {
  if (typeof script === 'object') {
    return 'rejected' in script ? { kind: 'rejected', ...script.rejected } : { kind: 'not_sent', ...script.not_sent };
  }
  if (script === 'unknown-and-lost') return { kind: 'unknown', cause: 'the connection was cut' };
  const { clientOrderId, symbol, side, quantity, prices } = exit;
  const price = prices[leg];
  const type = leg === 'stopLoss' ? 'STOP' : 'LIMIT';
  const order = store.add({ clientOrderId: legIdOf(clientOrderId, leg), symbol, side, quantity, type, price });
  if (script === 'lose') store.close(order, 'cancelled', 'lost by the broker');
  else store.putPair({ ...(store.pair(clientOrderId) ?? { clientOrderId, symbol, side, quantity }), [leg]: price });
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
