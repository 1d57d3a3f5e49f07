/**
 * The laws of what a venue and a process do beside the plain life of an order: orders that are over with less, exits that
 * are taken and do not work yet, stops that go alone, calls that are really made.
 *
 * As in `knowledge-laws.ts`: what is due is worked out here from the rules, and of the chart's own decisions none is asked.
 */
import type { LawId } from '../domain/laws.js';
import { isClosedAndPriced } from '../domain/order.js';
import { type LegOutcome, TAKE_PROFIT_PASSED } from '../domain/ports.js';
import type { ExecutionContext } from '../machines/execution.context.js';
import { AFTER_FEES, WHOLE } from './advisories.js';
import type { Check, Step } from './step.js';

const topOf = (path: string): string => path.split('.', 1)[0] ?? path;
const LIVE = ['pending', 'cancelling', 'timeout'];

/** P9, P10: an order that is over, with the whole size or with less, is closed at once, and not at T = 32 s. */
const whatIsOverIsNotWaitedFor: Check = ({ after, path }) =>
  LIVE.includes(topOf(path)) && isClosedAndPriced(after.order)
    ? `the order is ${after.order.status} with ${after.order.cumQty}, and ${path} waits on`
    : undefined;

/** T4, A1: a cancel that was asked for and a cancel that was made are two things, and both are counted. */
const callsThatAreMadeAreCounted: Check = ({ before, fact, after }) => {
  const known = before.context.cancel.calls ?? 0;
  const isMade = fact.type === 'CANCEL_STARTED' && ['cancelling', 'timeout'].includes(topOf(before.path));
  const due = known + (isMade ? 1 : 0);
  return (after.cancel.calls ?? 0) === due
    ? undefined
    : `${due} cancels were made, and ${after.cancel.calls} are known`;
};

/** T4: an answer ends the call, also when nothing waits for it any more. */
const answersEndTheCall: Check = ({ before, fact, after }) => {
  if (fact.cancel === undefined || !['cancelling', 'timeout'].includes(topOf(before.path))) return undefined;
  return after.cancel.inFlight ? 'a cancel was answered, and counts as under way' : undefined;
};

/** P10: "already closed" speaks of the order: with "filled" with less, before or after it, the order is over. */
const nothingToCancelIsKept: Check = ({ before, fact, after }) => {
  const { order } = before.context;
  const isHeard = fact.cancel === 'already_closed' && ['cancelling', 'timeout'].includes(topOf(before.path));
  if (!isHeard || order.status !== 'open') return undefined;
  if (after.order.saidClosed !== true) return 'a cancel found nothing to cancel, and that is forgotten';
  const isOver = order.saidFilledAt !== undefined && order.saidFilledAt === order.cumQty;
  return isOver && after.order.status === 'open' ? 'the order is over with less, and counts as open' : undefined;
};

/** P8: a correction is applied once, however often it is told. */
const correctionsAreNoted: Check = ({ before, fact, after }) => {
  const kind = fact.report?.correction?.kind;
  if (kind === undefined || before.phase === 'validate' || before.phase === 'over') return undefined;
  const isNoted = after.order.own?.corrections.some((key) => key.startsWith(`${kind} `)) === true;
  return isNoted ? undefined : `a ${kind} is applied, and would be applied again`;
};

/** B6: a fee that is told is kept, also when it is told of a fill that is known. */
const feesAreKept: Check = ({ before, fact, after }) => {
  const { fees, cumQty } = fact.report ?? {};
  if (fees === undefined || before.phase === 'validate' || before.phase === 'over') return undefined;
  const isOfThisFill = after.order.cumQty === cumQty;
  return isOfThisFill && after.order.fees === undefined ? 'a fee was told, and is not known' : undefined;
};

/** B6: what is held and not covered, since it is less than a lot, is named in the result. */
const theRestIsNamed: Check = ({ after }) => {
  const { result, order, bracket, snapshot } = after;
  if (result === undefined || bracket === undefined || bracket.quantity !== AFTER_FEES.lots) return undefined;
  const isWhole = order.cumQty === WHOLE && order.fees !== undefined && snapshot.side === 'buy';
  return isWhole && result.unprotectedQuantity !== AFTER_FEES.rest
    ? `${AFTER_FEES.rest} is not covered, and the result says ${result.unprotectedQuantity}`
    : undefined;
};

/** B6: the exits stand for the whole fill, and a fee that was told later has taken of it: worked out without the chart. */
export const areExitsTooLarge = ({ order, bracket, protection, snapshot }: ExecutionContext): boolean => {
  const stands = [protection.stopLoss, protection.takeProfit].some((leg) => leg === 'placed' || leg === 'confirming');
  return stands && snapshot.side === 'buy' && order.fees !== undefined && bracket?.quantity === order.cumQty;
};

/** B6: that they are too large is told, and not moved. */
const exitsThatAreTooLargeAreNamed: Check = ({ before, after, path }) => {
  if (before.phase !== 'compare' || path !== 'done' || !areExitsTooLarge(before.context)) return undefined;
  const isNamed = after.report?.mismatches.some(({ kind }) => kind === 'PROTECTION_SIZE');
  return isNamed ? undefined : 'the exits are for more than the fee has left, and the report does not say so';
};

const isAlone = ({ protection }: ExecutionContext): boolean =>
  protection.stopsAlone === true && protection.stopLoss === 'placed';
const areBothPlaced = ({ protection }: ExecutionContext): boolean =>
  protection.stopLoss === 'placed' && protection.takeProfit === 'placed';
const isAnyRefused = ({ protection }: ExecutionContext): boolean =>
  protection.stopLoss === 'refused' || (protection.takeProfit === 'refused' && protection.stopsAlone !== true);

const isPassed = (leg: LegOutcome): boolean => leg.kind === 'rejected' && leg.code === TAKE_PROFIT_PASSED;
const saysPassed = ({ fact: { legs } }: Step): boolean =>
  legs !== undefined && (isPassed(legs.stopLoss) || isPassed(legs.takeProfit));
const isInTime = ({ before, at }: Step): boolean => at < (before.context.protection.endsAt ?? 0);

/** B2, B5: what was not refused has 5 s to be placed, and to work. */
const exitsHaveTheirTime: Check = (step) => {
  const { before, fact, after, path } = step;
  const isAnswer = fact.legs !== undefined && before.path.endsWith('.placing');
  if (!isAnswer || !isInTime(step) || topOf(path) !== 'reconciling' || !path.endsWith('.asking')) return undefined;
  if (areBothPlaced(after) || isAlone(after) || isAnyRefused(after)) return undefined;
  return 'nothing was refused, and the exits are given up before their time';
};

/** B5: when all that was asked for works, or any of it is refused, nothing is left to wait for. */
const confirmingEnds: Check = ({ after, path }) => {
  if (!path.endsWith('.confirming') || LIVE.includes(topOf(path))) return undefined;
  if (areBothPlaced(after) || isAlone(after)) return 'the exits work, and are waited for';
  return isAnyRefused(after) ? 'an exit is refused, and is waited for' : undefined;
};

/** B5: the market has passed the take-profit, so the stop-loss goes alone, once; and the report says so. */
const theStopGoesAlone: Check = (step) => {
  const { before, after, path, commands } = step;
  if (!before.path.endsWith('.placing') || !saysPassed(step)) return undefined;
  const stands = after.protection.stopLoss === 'placed';
  const isNoted = after.found.some(({ kind }) => kind === 'MISSING_TP');
  if (stands && !areBothPlaced(after))
    return isNoted ? undefined : 'the stop stands alone, and the report will not say so';
  const asked = commands.find((command) => command.type === 'placeProtection');
  if (before.context.protection.stopsAlone === true)
    return asked === undefined ? undefined : 'the stop goes alone a second time';
  if (!isInTime(step) || stands) return undefined;
  const isRight = asked?.type === 'placeProtection' && asked.request.legs === 'stopLoss' && path.endsWith('.placing');
  return isRight ? undefined : 'the market has passed the take-profit, and the stop does not go alone';
};

/** B5, M1: nobody is called over exits that stand, or over a take-profit that was given up beside a stop that stands. */
const noFalseAlarm: Check = ({ after, commands }) => {
  const isAlarmed = commands.some((command) => command.type === 'openCase' && command.kind === 'UNPROTECTED_POSITION');
  return isAlarmed && (areBothPlaced(after) || isAlone(after)) ? 'an alarm is raised over exits that stand' : undefined;
};

/** B5: exits are watched while they are waited for, and no longer. */
const exitsAreWatchedWhileWaitedFor: Check = ({ before, path, commands }) => {
  if (!isConfirming(before.path) || isConfirming(path)) return undefined;
  return commands.some(({ type }) => type === 'unwatchExits') ? undefined : 'exits that are not waited for are watched';
};

const isConfirming = (path: string): boolean => path.endsWith('.confirming') && !LIVE.includes(topOf(path));

export const WORLD_CHECKS: readonly (readonly [LawId, Check])[] = [
  ['L6', correctionsAreNoted],
  ['L6', feesAreKept],
  ['L7', exitsHaveTheirTime],
  ['L7', confirmingEnds],
  ['L7', theStopGoesAlone],
  ['L7', theRestIsNamed],
  ['L10', exitsThatAreTooLargeAreNamed],
  ['L10', noFalseAlarm],
  ['L11', whatIsOverIsNotWaitedFor],
  ['L11', nothingToCancelIsKept],
  ['L15', callsThatAreMadeAreCounted],
  ['L15', answersEndTheCall],
  ['L15', exitsAreWatchedWhileWaitedFor],
];
