/**
 * A case in words: what it is, since when, what is at stake, how urgent it is, and what comes next (C4).
 */

import { type CaseGuide, guideOf } from '../../domain/case-guide.js';
import { type Case, isOpen } from '../../domain/cases.js';
import { type Decimal, isPositive, isZero, negate, subtract } from '../../domain/decimal.js';
import { shownTime } from '../audit/shown-time.js';
import type { Stake, Stakes } from './stakes.js';

interface CaseText {
  /** Its id, kind, symbol, advisory, time and urgency. */
  readonly head: string;
  /** What was found, what is at stake, and what to do: a sentence each. */
  readonly body: readonly string[];
}

interface CaseDetails {
  readonly urgency: CaseGuide['urgency'];
  readonly nextStep: string;
  /** Of the execution; absent where the case belongs to none. */
  readonly stake?: Stake;
}

export function caseDetails(one: Case, stakes: Stakes): CaseDetails {
  const { advisoryId, mismatches } = one;
  const recorded = advisoryId === undefined ? undefined : stakes.get(advisoryId);
  const stake = recorded === undefined ? undefined : asFound(recorded, mismatches);
  const { urgency, next } = guideOf(one);
  const isNaked = stake !== undefined && stake.filled !== '0' && stake.stopLoss === undefined && !isGone(mismatches);
  return { urgency: isNaked ? 'now' : urgency, nextStep: next, ...(stake !== undefined && { stake }) };
}

/** What the broker did not show when it was last asked is not at work there, whatever was recorded when it was placed. */
function asFound({ stopLoss, takeProfit, ...rest }: Stake, mismatches: Case['mismatches']): Stake {
  const lacks = (leg: 'MISSING_SL' | 'MISSING_TP') => mismatches.some(({ kind }) => kind === leg);
  return {
    ...rest,
    ...(stopLoss !== undefined && !lacks('MISSING_SL') && { stopLoss }),
    ...(takeProfit !== undefined && !lacks('MISSING_TP') && { takeProfit }),
  };
}

const isGone = (mismatches: Case['mismatches']): boolean => mismatches.some(({ kind }) => kind === 'MISSING_POSITION');

export function caseText(one: Case, stakes: Stakes): CaseText {
  const { caseId, kind, symbol, advisoryId, openedAt, mismatches, resolution } = one;
  const { urgency, nextStep, stake } = caseDetails(one, stakes);
  const open = isOpen(one);
  const head = [
    caseId,
    kind,
    symbol,
    ...(advisoryId === undefined ? [] : [advisoryId]),
    `since ${shownTime(openedAt)} UTC`,
    ...(open ? [URGENCY_WORDS[urgency]] : []),
  ];
  return {
    head: head.join('  '),
    body: [
      ...mismatches.map(({ message }) => message),
      `at stake: ${stake === undefined ? stakeOfDifferences(one, stakes) : stakeSentence(stake, isGone(mismatches))}`,
      ...(open ? [`next: ${nextStep}`] : []),
      ...(resolution === undefined
        ? []
        : [
            `${resolution.withdrawn === true ? 'withdrawn' : 'resolved'} ${shownTime(resolution.at)} UTC, by ${resolution.by}: ${resolution.reason}`,
          ]),
    ],
  };
}

const URGENCY_WORDS = { now: 'URGENT', today: 'not urgent' } as const;

/** "buy 100 AAPL, filled 100 @ 151 since 2026-01-01 00:00:01.000 UTC; protected: SL 147.98, TP 155.53" */
function stakeSentence(stake: Stake, isGoneNow: boolean): string {
  const { side, size, symbol, filled, price, filledAt } = stake;
  const order = `${side} ${size} ${symbol}`;
  if (filled === '0') return `${order}, nothing filled as far as is known, so nothing is protected`;
  const since = filledAt === undefined ? '' : ` since ${shownTime(filledAt)} UTC`;
  const exits =
    isGoneNow && stake.stopLoss === undefined
      ? 'the broker shows none of it, and no stop-loss'
      : protectionPhrase(stake);
  return `${order}, filled ${filled} @ ${price ?? 'a price that is not known'}${since}; ${exits}`;
}

function protectionPhrase(stake: Stake): string {
  const { filled, stopLoss, takeProfit, plannedStopLoss, plannedTakeProfit, unprotected } = stake;
  const rest = unprotected === undefined || unprotected === '0' ? '' : ` (${unprotected} of it is not)`;
  if (stopLoss !== undefined) {
    const target = takeProfit === undefined ? 'no TP' : `TP ${takeProfit}`;
    return `protected when last asked: ${filled} with SL ${stopLoss}, ${target}${rest}`;
  }
  const plan = [
    ...(plannedStopLoss === undefined ? [] : [`SL ${plannedStopLoss}`]),
    ...(plannedTakeProfit === undefined ? [] : [`TP ${plannedTakeProfit}`]),
  ];
  const planned = plan.length === 0 ? '' : `; planned was ${plan.join(', ')}`;
  return `NOT PROTECTED by a stop-loss${takeProfit === undefined ? '' : ` (TP ${takeProfit} works)`}${planned}`;
}

/** Of a case that belongs to a symbol: side and size from the difference, prices from what the symbol's executions paid. */
function stakeOfDifferences({ symbol, mismatches }: Case, stakes: Stakes): string {
  const found = mismatches.map(({ expected, actual }) => excessOf(expected, actual)).find((one) => one !== undefined);
  const paid = [...stakes.values()].findLast((stake) => stake.symbol === symbol && stake.price !== undefined);
  const price = paid?.price === undefined ? 'price not known' : `last fill of ${paid.advisoryId} @ ${paid.price}`;
  const difference =
    found === undefined
      ? `side and size as the broker shows them, in ${symbol}`
      : `${isPositive(found) ? `${found} ${symbol} more` : `${negate(found)} ${symbol} less`} than the journal accounts for (${isPositive(found) ? 'buy' : 'sell'} side)`;
  return `${difference}, ${price}; whether it is protected is not known`;
}

const DECIMAL = /^-?\d+(?:\.\d+)?$/;

function excessOf(expected: string, actual: string): Decimal | undefined {
  if (!DECIMAL.test(expected) || !DECIMAL.test(actual)) return undefined;
  const excess = subtract(actual as Decimal, expected as Decimal);
  return isZero(excess) ? undefined : excess;
}
