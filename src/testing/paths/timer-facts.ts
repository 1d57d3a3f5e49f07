/**
 * What comes when nobody does anything: a deadline falls due, or a call is given up. And what only the chart is ever told.
 */
import { type Decimal, ZERO } from '../../domain/decimal.js';
import { isClosedAndPriced } from '../../domain/order.js';
import { NOTHING_FILLED } from '../../domain/others-fills.js';
import { hardTimeoutAt } from '../../machines/execution.context.js';
import type { DeadlineName, ExecutionFact, FactOf } from '../../machines/execution.facts.js';
import { agreeingView, observedOf } from './broker-words.js';
import type { HostTimer } from './host-model.js';
import { deadlineFact, type Moment, type Offers, REACTION_MS } from './offers.js';
import { outcome } from './world-events.js';

/** Waiting is the plain thing to do where nothing else is expected. */
const WAITS = /backingOff$/;

export function offerTimer(offers: Offers, moment: Moment): void {
  const { host, path, timer } = moment;
  // A commit takes no longer than the journal's own limit: time does not pass while the last look waits for it.
  if (timer === undefined || (path === 'submitted.ready' && timer.due - host.now > REACTION_MS * 10)) return;
  const due = Math.max(timer.due, host.now);
  const isPlain = WAITS.test(path) || path === 'submitted.ready' || due === host.now;
  const [label, fact] = told(moment, timer, due);
  offers.timer(label, isPlain ? 0 : 1, fact);
}

/** What the engine tells when the timer fires. */
function told({ snapshot }: Moment, timer: HostTimer, at: number): readonly [label: string, fact: ExecutionFact] {
  const cause = `no answer within ${timer.due - timer.setAt} ms`;
  const unknown = { kind: 'unknown', cause } as const;
  const failed = { kind: 'failed', cause } as const;
  switch (timer.name) {
    case 'call.ask': {
      const answer = { kind: 'unavailable', cause: `instrument: ${cause}` } as const;
      return ['the broker does not answer', { type: 'BROKER_ASKED', at, answer, others: NOTHING_FILLED }];
    }
    case 'call.submit':
      return ['the submit call is not answered', outcome(unknown)(at)];
    case 'call.cancel':
      return ['the cancel is not answered', { type: 'CANCEL_OUTCOME', at, outcome: 'unknown' }];
    case 'call.protect': {
      const legs = { stopLoss: unknown, takeProfit: unknown };
      return ['protection is not answered', { type: 'PROTECTION_OUTCOME', at, legs }];
    }
    case 'call.reconcile': {
      const { others } = observedOf(snapshot.context, agreeingView(snapshot.context));
      const observed = { order: failed, position: failed, others };
      return ['the reconciliation is not answered', { type: 'RECONCILED', at, observed }];
    }
    default:
      return [`${timer.name.replace(/\.end$/, '')} is due`, deadlineFact(timer.name, at)];
  }
}

/** T = 30 s while a call or a retry is due at the same instant: the engine hears these first. */
export function offerUnheardTimeout(offers: Offers, { snapshot, path, host }: Moment): void {
  if (path !== 'submitted.calling' && path !== 'submitted.backingOff') return;
  const at = hardTimeoutAt(snapshot.context);
  // What was told while the call was open is a deviation already.
  const deviation = path === 'submitted.calling' && !isClosedAndPriced(snapshot.context.order) ? 2 : 1;
  if (at >= host.now)
    offers.chartOnward('T = 30 s before the call', { type: 'DEADLINE', at, name: 'hardTimeout' }, deviation);
}

/** Facts that the engine never hands to the chart: it drops them before, or another comes first. */
export function offerToChartAlone(offers: Offers, { snapshot, path }: Moment): void {
  const stale: DeadlineName = path === 'validating.asking' ? 'cancelRetry' : 'validation';
  offers.chartOnly('a timer that outlived its state', (at) => ({ type: 'DEADLINE', at, name: stale }));
  const { context } = snapshot;
  const { brokerOrderId, status, cumQty, avgPrice } = context.order;
  const same = {
    status,
    cumQty,
    ...(brokerOrderId !== undefined && { brokerOrderId }),
    ...(avgPrice !== undefined && { avgPrice }),
  };
  offers.chartOnly('a report that says nothing new', (at) => ({ type: 'ORDER_REPORT', at, report: same }));
  if (context.protection.stopLoss !== 'none' || path.endsWith('.placing')) offerWordsOfTheVenue(offers, context);
  if (path === 'reconciling.asking')
    offers.chartOnly('reconciliation is due', (at) => ({ type: 'DEADLINE', at, name: 'reconciliation' }));
}

/** What a venue says of exits and of a fill, at a moment at which the paths' broker does not. */
function offerWordsOfTheVenue(offers: Offers, { order }: Moment['snapshot']['context']): void {
  const exit =
    (leg: 'sl' | 'tp', report: FactOf<'EXIT_REPORT'>['report']) =>
    (at: number): FactOf<'EXIT_REPORT'> => ({ type: 'EXIT_REPORT', at, leg, report });
  offers.chartOnly('SL works', exit('sl', { status: 'open', cumQty: ZERO, isWorking: true }));
  offers.chartOnly('SL has filled', exit('sl', { status: 'filled', cumQty: order.cumQty }));
  offers.chartOnly('SL has ended', exit('sl', { status: 'cancelled', cumQty: ZERO }));
  offers.chartOnly('an exit that is only taken', exit('sl', { status: 'open', cumQty: ZERO }));
  const { cumQty, avgPrice, status } = order;
  const known = { status, cumQty, ...(avgPrice !== undefined && { avgPrice }) };
  const reported =
    (report: FactOf<'ORDER_REPORT'>['report']) =>
    (at: number): FactOf<'ORDER_REPORT'> => ({ type: 'ORDER_REPORT', at, report });
  offers.chartOnly('a fill is taken back', reported({ status: 'open', cumQty: ZERO, correction: { kind: 'bust' } }));
  offers.chartOnly('a fee is told', reported({ ...known, fees: [{ asset: 'AAPL', amount: '1' as Decimal }] }));
}
