/**
 * Facts that lead off the beaten track: each is one more deviation, offered only where a path may be led further by it
 * (`further-paths.ts`).
 *
 * 1. What the venue says comes about by a push, what a call answers by its answer: the engine can be told each of them.
 */
import { ZERO } from '../../domain/decimal.js';
import type { ExitLeg } from '../../domain/exits.js';
import { applyReport } from '../../domain/order.js';
import { NOTHING_FILLED } from '../../domain/others-fills.js';
import type { CancelWord, LegOutcome } from '../../domain/ports.js';
import { TAKE_PROFIT_PASSED } from '../../domain/ports.js';
import type { FactOf } from '../../machines/execution.facts.js';
import { brokerAnswers, type ReportWords, reportFact } from './broker-words.js';
import type { Moment, Offers } from './offers.js';

/** Beyond T = 30 s, within the late window. */
const BLOCKED_MS = 31_000;

const BUST: ReportWords = {
  state: 'pending',
  filledSize: '0',
  correction: { kind: 'bust', fillId: 'F-1' },
};
const CORRECTED: ReportWords = {
  state: 'filled',
  filledSize: '100',
  fillPrice: '151.5',
  correction: { kind: 'correct', fillId: 'F-1' },
};
const REPORTS: readonly (readonly [label: string, words: ReportWords])[] = [
  ['a fill is taken back', BUST],
  ['the price of a fill is changed', CORRECTED],
  ['filled at a low price', { state: 'filled', filledSize: '100', fillPrice: '148.5' }],
  ['filled', { state: 'filled', filledSize: '100', fillPrice: '151' }],
  ['partly filled at a low price', { state: 'partially_filled', filledSize: '60', fillPrice: '148.5' }],
  [
    'filled, with a fee that leaves less than a lot',
    { state: 'filled', filledSize: '100', fillPrice: '151', fees: [{ asset: 'AAPL', amount: '60' }] },
  ],
  ['said to be filled with less', { state: 'filled', filledSize: '60', fillPrice: '151' }],
  ['filled without a price', { state: 'filled', filledSize: '100' }],
  ['partly filled', { state: 'partially_filled', filledSize: '40', fillPrice: '150.5' }],
  ['cancelled at the broker', { state: 'cancelled' }],
  ['rejected at the broker', { state: 'rejected' }],
];
const CANCEL_WORDS: readonly CancelWord[] = ['requested', 'already_closed', 'not_found', 'unknown'];

export function offerWider(offers: Offers, moment: Moment): void {
  const { snapshot, host, path } = moment;
  const { context } = snapshot;
  if (path === 'validating.asking') {
    const narrow = { type: 'BROKER_ASKED', answer: brokerAnswers.narrow, others: NOTHING_FILLED } as const;
    offers.world('the steps of the symbol are wide', 1, (at) => ({ ...narrow, at }));
  }
  if (path === 'submitted.ready' && host.restarts === 0)
    offers.blocking('the submit call blocks the process', (at) => ({ type: 'SUBMIT_STARTED', at }), BLOCKED_MS);
  if (path === 'submitted.ready' && host.restarts === 0)
    offers.world('the engine is closed', 1, (at) => ({ type: 'SUBMIT_WITHDRAWN', at }), host.now);
  if (context.firstSubmitAt === undefined) return;
  for (const [label, words] of REPORTS) offerReport(offers, moment, label, words);
  if (context.order.avgPrice !== undefined) {
    offerReport(offers, moment, 'a fee is told', {
      state: context.order.status === 'open' ? 'partially_filled' : context.order.status,
      fees: [{ asset: 'AAPL', amount: '1' }],
    });
  }
  if (host.open.includes('cancel')) {
    for (const word of CANCEL_WORDS)
      offers.world(`the cancel is answered: ${word}`, 1, (at) => ({ type: 'CANCEL_OUTCOME', at, outcome: word }));
  }
  if (host.open.includes('protect')) offerLegs(offers);
  if (['placed', 'confirming'].includes(context.protection.stopLoss) || host.open.includes('protect'))
    offerExits(offers, moment);
}

function offerReport(offers: Offers, { snapshot: { context } }: Moment, label: string, words: ReportWords): void {
  const report = reportFact(context, words);
  if (applyReport(context.order, report) === context.order) return;
  offers.world(label, 1, (at) => ({ type: 'ORDER_REPORT', at, report }));
}

function offerLegs(offers: Offers): void {
  const placed = (leg: ExitLeg, state?: 'pending'): LegOutcome => ({
    kind: 'accepted',
    brokerOrderId: `B-1-${leg}`,
    ...(state !== undefined && { state }),
  });
  const passed: LegOutcome = { kind: 'rejected', code: TAKE_PROFIT_PASSED, reason: 'the market has passed it' };
  const refused: LegOutcome = { kind: 'rejected', code: 'NO', reason: 'beyond the market' };
  const busy: LegOutcome = { kind: 'rejected', code: 'BUSY', reason: 'busy', transient: true };
  const outcomes: readonly (readonly [string, LegOutcome, LegOutcome])[] = [
    ['protected', placed('sl'), placed('tp')],
    ['both are taken, and not at work yet', placed('sl', 'pending'), placed('tp', 'pending')],
    ['SL taken, the market has passed the take-profit', placed('sl', 'pending'), passed],
    ['SL placed, the market has passed the take-profit', placed('sl'), passed],
    ['the market has passed the take-profit', passed, passed],
    ['both refused', refused, refused],
    ['TP not yet', placed('sl'), busy],
    ['neither yet', busy, busy],
  ];
  for (const [label, stopLoss, takeProfit] of outcomes)
    offers.world(label, 1, (at) => ({ type: 'PROTECTION_OUTCOME', at, legs: { stopLoss, takeProfit } }));
}

/** What becomes of exits before the execution is done (B5, B7). */
function offerExits(offers: Offers, { snapshot, host }: Moment): void {
  const told: readonly (readonly [string, FactOf<'EXIT_REPORT'>['report']])[] = [
    ['works', { status: 'open', cumQty: ZERO, isWorking: true }],
    ['is only taken', { status: 'open', cumQty: ZERO }],
    ['has ended', { status: 'cancelled', cumQty: ZERO }],
    ['is refused after all', { status: 'rejected', cumQty: ZERO }],
  ];
  for (const leg of ['sl', 'tp'] as const) {
    for (const [says, words] of told) {
      const report = { ...words, brokerOrderId: `B-1-${leg}` };
      // The engine drops what the chart does not take.
      if (!snapshot.can({ type: 'EXIT_REPORT', at: host.now, leg, report })) continue;
      offers.world(`${leg.toUpperCase()} ${says}`, 1, (at) => ({ type: 'EXIT_REPORT', at, leg, report }));
    }
  }
}
