/**
 * Fills that come to light when an execution is over, and fills that the venue takes back or changes then: never dropped, a
 * case each (T5, P8). The engine moves nothing.
 *
 * What a case has told once is known, resolved or not, also after a restart: it is not told again (M2), unless the case was
 * withdrawn: then it is as if it had not been (M5).
 */

import type { CaseRegister } from '../actors/cases.js';
import { movedSinceEnd } from '../actors/moved-since-end.js';
import { toldOf } from '../domain/cases.js';
import { type Decimal, lessThan, maximum, parseVenueDecimal, ZERO } from '../domain/decimal.js';
import { applyReport, isNewCorrection, type OrderFact, type OrderState, readOrderReport } from '../domain/order.js';
import { type Mismatch, mismatch } from '../domain/reconciliation.js';
import { correctionEntry } from '../machines/execution.audit.js';
import type { ExecutionContext } from '../machines/execution.context.js';
import { correctionOf } from '../machines/execution.protecting.js';

/**
 * @param coverNow what the exits of an entry cover by now, in words; they may have filled or ended since its result
 */
export function strayFills(
  cases: Pick<CaseRegister, 'all' | 'raise'>,
  coverNow: (clientOrderId: string) => string | undefined = () => undefined,
): (context: ExecutionContext, report: OrderFact) => void {
  /** Orders that were corrected since their end, as they are now. The journal keeps the cases. */
  const corrected = new Map<string, OrderState>();

  const told = (advisoryId: string): Decimal =>
    toldOf(cases.all(), advisoryId)
      .filter(({ kind }) => kind === 'STRAY_FILL')
      .reduce((most, { actual }) => maximum(most, parseVenueDecimal(actual) ?? ZERO), ZERO);

  /** What the correction says, once: the sentence is the same whenever it is told. */
  function raiseCorrection(ended: ExecutionContext, report: OrderFact): void {
    const { snapshot, advisoryId, snapshotHash, clientOrderId } = ended;
    const { symbol } = snapshot;
    const before = corrected.get(clientOrderId) ?? ended.order;
    if (!isNewCorrection(before, report)) return;
    const context = { ...ended, order: before };
    const found = correctionOf(context, report, coverNow(clientOrderId));
    if (toldOf(cases.all(), advisoryId).some((told) => saysTheSame(told, found))) return;
    const now = { ...applyReport(before, report), status: before.status };
    corrected.set(clientOrderId, now);
    const kind = found.kind === 'FILL_CORRECTED' ? 'FILL_CORRECTED' : 'FILL_BUSTED';
    const audit = [correctionEntry(context, report, found)];
    const moved = movedSinceEnd(ended, now.cumQty);
    void cases.raise({ kind, symbol, advisoryId, snapshotHash, mismatches: [found], audit, moved });
  }

  return (context, report) => {
    const { cumQty } = report;
    if (isNewCorrection(context.order, report)) return raiseCorrection(context, report);
    const { clientOrderId, order, report: compared, snapshot, advisoryId, snapshotHash } = context;
    const accounted = maximum(order.cumQty, compared?.brokerFilledSize ?? order.cumQty);
    const known = maximum(accounted, told(advisoryId));
    if (!lessThan(known, cumQty)) return;
    const message = `Order ${clientOrderId} filled ${cumQty} after the execution had ended with ${known}`;
    const mismatches = [mismatch('STRAY_FILL', known, cumQty, message)];
    const moved = movedSinceEnd(context, cumQty);
    void cases.raise({ kind: 'STRAY_FILL', symbol: snapshot.symbol, advisoryId, snapshotHash, mismatches, moved });
  };
}

/** The same correction, whatever was known before it. */
const saysTheSame = (told: Mismatch, found: Mismatch): boolean =>
  told.kind === found.kind && told.actual === found.actual && what(told) === what(found);

const what = ({ message }: Mismatch): string => message.slice(0, message.indexOf(':'));

/** A raw report on an order whose execution is over: of concern when it shows more, or takes back or changes a fill. */
export function strayReport(
  context: ExecutionContext,
  raw: unknown,
  onStrayFill: (context: ExecutionContext, report: OrderFact) => void,
): void {
  const fact = readOrderReport(raw, context);
  if (fact === undefined) return;
  if (lessThan(context.order.cumQty, fact.cumQty) || fact.correction !== undefined) onStrayFill(context, fact);
}
