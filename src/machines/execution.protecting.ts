/**
 * How the facts about SL and TP change what an execution knows: pure functions, as in `execution.updates.ts`.
 *
 * 1. A leg counts as placed when it works (B5). What was taken only is `confirming`, until a report on it says more.
 * 2. A leg once placed stays so, unless the venue itself says that it has ended.
 * 3. An exit that was there before it was asked for is adopted at the price and for the quantity that the venue tells.
 * 4. Nothing here moves or takes back an exit (B3): a fill that is taken back afterwards is a fact for a human (P8).
 */

import { correctionMismatch } from '../domain/correction.js';
import { isPositive, parseVenueDecimal } from '../domain/decimal.js';
import type { ExitFact, ExitLeg } from '../domain/exits.js';
import { PROTECTION_LIMIT_MS } from '../domain/limits.js';
import { applyReport, hasFill } from '../domain/order.js';
import { type LegOutcome, type StandingExit, TAKE_PROFIT_PASSED } from '../domain/ports.js';
import { type Mismatch, mismatch } from '../domain/reconciliation.js';
import { type ExecutionContext, exitPrices, type LegState, type ProtectionState } from './execution.context.js';
import type { ExecutionFact, FactOf } from './execution.facts.js';
import { type Patch, withFound } from './execution.updates.js';

export function beginProtection({ protection }: ExecutionContext, { at }: ExecutionFact): Patch {
  const { endsAt = at + PROTECTION_LIMIT_MS } = protection;
  return { protection: { ...protection, tries: protection.tries + 1, endsAt } };
}

/** After a restart the position has been naked all the while: it gets the whole time once more. */
export const renewProtectionWindow = ({ protection }: ExecutionContext, { at }: ExecutionFact): Patch => ({
  protection: { ...protection, endsAt: at + PROTECTION_LIMIT_MS },
});

export function endProtection(context: ExecutionContext, { at, legs }: FactOf<'PROTECTION_OUTCOME'>): Patch {
  const { protection } = context;
  const isAlone = protection.stopsAlone === true;
  const stopLossId = protection.stopLossId ?? idOf(legs.stopLoss);
  const takeProfitId = protection.takeProfitId ?? idOf(legs.takeProfit);
  const adopted = withStanding(
    withStanding(context, 'stopLoss', foundBy(legs.stopLoss)),
    'takeProfit',
    foundBy(legs.takeProfit),
  );
  return withLegs(context, at, {
    ...adopted.protection,
    stopLoss: legAfter(protection.stopLoss, legs.stopLoss),
    takeProfit: isAlone ? 'refused' : legAfter(protection.takeProfit, legs.takeProfit),
    ...(stopLossId !== undefined && { stopLossId }),
    ...(takeProfitId !== undefined && !isAlone && { takeProfitId }),
  });
}

/** The legs as they are now; when the stop-loss came to work ends the naked window (B4). */
const withLegs = ({ stopLossAt }: ExecutionContext, at: number, protection: ProtectionState): Patch => ({
  protection,
  ...(protection.stopLoss === 'placed' && stopLossAt === undefined && { stopLossAt: at }),
});

const foundBy = (outcome: LegOutcome): StandingExit | undefined =>
  outcome.kind === 'accepted' || outcome.kind === 'duplicate' ? outcome.found : undefined;

/** How a leg stands, where the venue tells it and it is not as it was asked for. Returns the same object where it is. */
function withStanding(context: ExecutionContext, name: LegName, told: StandingExit | undefined): ExecutionContext {
  const { bracket, protection } = context;
  const [price, quantity] = [parseVenueDecimal(told?.price), parseVenueDecimal(told?.quantity)];
  const known = { price: bracket?.[name], quantity: bracket?.quantity, ...protection.standing?.[name] };
  const isNews =
    (price !== undefined && price !== known.price) || (quantity !== undefined && quantity !== known.quantity);
  if (bracket === undefined || !isNews) return context;
  const leg = { ...(price !== undefined && { price }), ...(quantity !== undefined && { quantity }) };
  const standing = { ...protection.standing, [name]: { ...protection.standing?.[name], ...leg } };
  return { ...context, protection: { ...protection, standing } };
}

const idOf = (outcome: LegOutcome): string | undefined =>
  outcome.kind === 'accepted' ? outcome.brokerOrderId : undefined;

function legAfter(before: LegState, outcome: LegOutcome): LegState {
  if (before === 'placed') return before;
  if (outcome.kind === 'accepted') return outcome.state === 'pending' ? 'confirming' : 'placed';
  // That it is known there already does not say that it works.
  if (before === 'confirming') return before;
  if (outcome.kind === 'duplicate') return 'placed';
  return outcome.kind === 'rejected' && outcome.transient !== true ? 'refused' : 'retry';
}

const NAMES = { sl: 'stopLoss', tp: 'takeProfit' } as const;
type LegName = (typeof NAMES)[ExitLeg];

/** What a report says of a leg: only of one that was taken; before that, the call's own answer counts. */
export function legAfterReport(before: LegState, report: ExitFact): LegState {
  if (before !== 'placed' && before !== 'confirming') return before;
  if (report.status === 'filled') return 'placed';
  if (report.status !== 'open') return 'refused';
  return report.isWorking === true ? 'placed' : before;
}

export function keepExitReport(context: ExecutionContext, { at, leg, report }: FactOf<'EXIT_REPORT'>): Patch {
  const { protection } = context;
  const name = NAMES[leg];
  const hasFilled = protection.hasExitFilled === true || report.status === 'filled';
  // When one exit has filled, the other is meant to end.
  const after = hasFilled && report.status !== 'filled' ? protection[name] : legAfterReport(protection[name], report);
  const { price } = report;
  const isThere = price !== undefined && (after === 'placed' || after === 'confirming');
  // Its quantity is no difference: the sibling of an exit that fills in part shrinks.
  const { protection: kept } = isThere ? withStanding(context, name, { price }) : context;
  return withLegs(context, at, { ...kept, [name]: after, ...(hasFilled && { hasExitFilled: true }) });
}

/** The exit was taken or placed, and the venue says that it is over without a fill. */
export const losesLeg = (context: ExecutionContext, fact: FactOf<'EXIT_REPORT'>): boolean =>
  context.protection[NAMES[fact.leg]] !== 'refused' &&
  keepExitReport(context, fact).protection?.[NAMES[fact.leg]] === 'refused';

/** The report changes what is known of the leg. */
export function isExitNews(context: ExecutionContext, fact: FactOf<'EXIT_REPORT'>): boolean {
  const { protection } = context;
  const after = keepExitReport(context, fact).protection ?? protection;
  return (
    after[NAMES[fact.leg]] !== protection[NAMES[fact.leg]] ||
    after.hasExitFilled !== protection.hasExitFilled ||
    after.standing !== protection.standing
  );
}

export const legNameOf = (leg: ExitLeg): (typeof NAMES)[ExitLeg] => NAMES[leg];

/** The venue says that the market has passed the take-profit (B5). */
export const saysTakeProfitPassed = ({ legs }: FactOf<'PROTECTION_OUTCOME'>): boolean =>
  [legs.takeProfit, legs.stopLoss].some((leg) => leg.kind === 'rejected' && leg.code === TAKE_PROFIT_PASSED);

/** The take-profit is given up; the stop-loss is asked for once more, alone. */
export const goAlone = ({ protection }: ExecutionContext): Patch => ({
  protection: { ...protection, stopsAlone: true, takeProfit: 'refused', stopLoss: aloneAfter(protection.stopLoss) },
});

const aloneAfter = (stopLoss: LegState): LegState => (stopLoss === 'refused' ? 'retry' : stopLoss);

/** Also a take-profit that was taken before is given up: that it ends is then as it should be. */
export function noteStopAlone(context: ExecutionContext): Patch {
  const { bracket, protection } = context;
  const wanted = bracket?.takeProfit ?? 'a take-profit';
  const message = `The market had passed the take-profit ${wanted} when the exits were placed: it was refused, and the stop-loss ${bracket?.stopLoss ?? ''} stands alone`;
  return {
    protection: { ...protection, stopsAlone: true, takeProfit: 'refused' },
    ...withFound(context, mismatch('MISSING_TP', wanted, 'none', message)),
  };
}

export const noteUnprotected = (context: ExecutionContext): Patch => withFound(context, unprotected(context));

export function unprotected({ protection, bracket, order, instrument }: ExecutionContext): Mismatch {
  const legs = `stop-loss ${protection.stopLoss}, take-profit ${protection.takeProfit}`;
  const wanted = bracket === undefined ? 'SL and TP' : `SL ${bracket.stopLoss}, TP ${bracket.takeProfit}`;
  const lot = instrument?.protectionLotSize ?? instrument?.lotSize;
  const isTooSmall = bracket?.valid === true && !isPositive(bracket.quantity);
  const why = isTooSmall ? `; what is held is less than the lot of ${lot} that the broker can protect` : '';
  const message = `Position ${order.cumQty} is not protected: expected ${wanted}, got ${legs}${why}`;
  return mismatch('UNPROTECTED_POSITION', wanted, legs, message);
}

/** A fill was taken back or changed after its exits were asked for: the fact is kept, and the exits stay as they are (P8). */
export function keepCorrection(context: ExecutionContext, { report }: FactOf<'ORDER_REPORT'>): Patch {
  const before = context.order;
  const after = applyReport(before, report);
  const { avgPrice = hasFill(after) ? before.avgPrice : undefined } = after;
  const order = { ...after, status: before.status, ...(avgPrice !== undefined && { avgPrice }) };
  const { killSwitch } = context;
  const postFill = killSwitch.postFill || (hasFill(order) && killSwitch.effective === 'ACTIVE');
  return {
    order,
    ...(postFill !== killSwitch.postFill && { killSwitch: { ...killSwitch, postFill } }),
    ...withFound(context, correctionOf(context, report)),
  };
}

/** @param exits what they cover, in words, where more is known of that than the execution itself knows */
export const correctionOf = (
  context: ExecutionContext,
  report: FactOf<'ORDER_REPORT'>['report'],
  exits: string = coverOf(context),
): Mismatch => correctionMismatch({ clientOrderId: context.clientOrderId, before: context.order, report, exits });

/** What the exits are for, in words. */
export function coverOf(context: ExecutionContext): string {
  const { bracket, protection } = context;
  const { stopLoss, takeProfit } = protection;
  if (bracket === undefined) return 'no exits were placed';
  const prices = exitPrices(context);
  const placed = [
    ...(stopLoss === 'placed' || stopLoss === 'confirming' ? [`SL ${prices.stopLoss}`] : []),
    ...(takeProfit === 'placed' || takeProfit === 'confirming' ? [`TP ${prices.takeProfit}`] : []),
  ];
  if (placed.length > 0) return `the exits still cover ${bracket.quantity} (${placed.join(', ')})`;
  const isAsked = protection.tries > 0 && stopLoss !== 'refused';
  return isAsked ? `exits for ${bracket.quantity} have been asked for` : 'no exits stand';
}
