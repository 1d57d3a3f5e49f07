/**
 * Which facts can come next: for each state of the chart, given what the host has set and called.
 *
 * 1. Nothing follows a final state.
 * 2. A plain life deviates in nothing; every other fact counts as one deviation, and a path may hold so many and no more.
 * 3. Payloads are chosen so that every guard is asked for both answers.
 */
import { ZERO } from '../../domain/decimal.js';
import { NOTHING_FILLED } from '../../domain/others-fills.js';
import { type LegOutcome, TAKE_PROFIT_PASSED } from '../../domain/ports.js';
import { hardTimeoutAt } from '../../machines/execution.context.js';
import type { ExecutionInput, FactOf } from '../../machines/execution.facts.js';
import { type ExecutionSnapshot, statePath } from '../../machines/execution.state.js';
import { agreeingView, brokerAnswers, observedOf } from './broker-words.js';
import type { HostModel } from './host-model.js';
import { deadlineFact, type Moment, nextTimer, Offers, REACTION_MS } from './offers.js';
import type { Deviation, PathFact } from './path-fact.js';
import { DOWN_UNTIL, EXPIRY_STEP_MS, PATH_CASE_ID } from './profiles.js';
import { offerTimer, offerToChartAlone, offerUnheardTimeout } from './timer-facts.js';
import { offerWider } from './wider-offers.js';
import {
  accepted,
  fullAt,
  notSent,
  offerLateAnswer,
  offerOversleptFills,
  offerReports,
  offerRestart,
  offerSwitch,
  offerSwitches,
  outcome,
  recoveredAfter,
  rejected,
} from './world-events.js';

/**
 * Facts that may come next.
 *
 * @param left deviations that the path may still take
 * @param isNew tells of each state whether it is seen for the first time
 */
export function nextFacts(
  snapshot: ExecutionSnapshot,
  host: HostModel,
  input: ExecutionInput,
  left: number,
  isNew: (path: string) => boolean,
): readonly PathFact[] {
  if (snapshot.status !== 'active' || host.isOver) return [];
  const path = statePath(snapshot.value);
  const moment: Moment = { snapshot, host, path, timer: nextTimer(snapshot, host) };
  const offers = new Offers(moment, left);
  const [untold] = host.untold;
  if (untold !== undefined) {
    const { plan: _plan, ...fact } = untold as PathFact & FactOf<'KILL_SWITCH'>;
    offers.follows(`the switch is told again`, { ...fact, at: host.now });
    return offers.facts;
  }
  const [following] = host.following;
  if (following !== undefined) {
    const label = following === 'CANCEL_STARTED' ? 'the cancel call is made' : 'the look is over';
    if (following !== 'WINDOW_OVER') offers.follows(label, { type: following, at: host.now });
    else offers.follows('lateWindow is due', deadlineFact('lateWindow', host.now));
    return offers.facts;
  }
  if (host.isClosed) {
    offers.world('the next engine goes on', 0, recoveredAfter(moment));
    return offers.facts;
  }
  offersAt(moment, input)(offers, moment);
  offerTimer(offers, moment);
  offerUnheardTimeout(offers, moment);
  if (isNew(path)) offerToChartAlone(offers, moment);
  return offers.facts;
}

/** Every fact that may come next, however much it deviates. */
export function everyNextFact(
  snapshot: ExecutionSnapshot,
  host: HostModel,
  input: ExecutionInput,
): readonly PathFact[] {
  const usual = nextFacts(snapshot, host, input, MOST_LEFT, () => true);
  if (host.untold.length > 0 || host.following.length > 0 || host.isClosed) return usual;
  const moment: Moment = { snapshot, host, path: statePath(snapshot.value), timer: nextTimer(snapshot, host) };
  const wider = new Offers(moment, MOST_LEFT);
  offerWider(wider, moment);
  return [...usual, ...wider.facts];
}

/** No bound. */
const MOST_LEFT = 99;

function offersAt({ path }: Moment, input: ExecutionInput): (offers: Offers, moment: Moment) => void {
  const [top = '', inner = ''] = path.split('.');
  if (path === 'validating.judging') return (offers, moment) => offerStart(offers, moment, input);
  if (path === 'validating.asking') return offerBrokerAnswer;
  if (path === 'submitted.ready') return offerLastLook;
  if (path === 'submitted.calling') return offerSubmitOutcome;
  if (path === 'submitted.backingOff') return offerWhileBackingOff;
  if (top === 'pending') return offerWhilePending;
  if (top === 'cancelling' || top === 'timeout') return offerWhileCancelling;
  if (/\.(?:placing|overdue|confirming)$/.test(path) || (path.endsWith('.backingOff') && top !== inner))
    return offerProtection;
  return offerReconciliation;
}

function offerStart(offers: Offers, { host }: Moment, advisory: ExecutionInput): void {
  const start = (gate: FactOf<'START'>['gate']) => (at: number) => ({ type: 'START', at, gate, advisory }) as const;
  const open = { now: host.now, killSwitchState: 'OFF' } as const;
  offers.world('start', 0, start(open), host.now);
  if (advisory.problems.length > 0 || advisory.advisoryId.trim() === '' || !isAcceptable(advisory)) return;
  offers.world('started while a switch is ACTIVE', 1, start({ ...open, killSwitchState: 'ACTIVE' }), host.now);
  offers.world('started after expiry', 1, start({ ...open, now: host.now + EXPIRY_STEP_MS }), host.now);
  offers.world('started while a case is open', 1, start({ ...open, openCaseId: PATH_CASE_ID }), host.now);
}

const isAcceptable = ({ snapshot }: ExecutionInput): boolean =>
  snapshot.positionSize !== '0' && snapshot.slOffsetPct.startsWith('-') && !snapshot.tpOffsetPct.startsWith('-');

function offerBrokerAnswer(offers: Offers, moment: Moment): void {
  const asked = (answer: FactOf<'BROKER_ASKED'>['answer']) => (at: number) =>
    ({ type: 'BROKER_ASKED', at, answer, others: NOTHING_FILLED }) as const;
  offers.world('broker asked', 0, asked(brokerAnswers.fine));
  offers.world('the tick is coarse', 1, asked(brokerAnswers.coarse));
  offers.world('the broker does not know the symbol', 1, asked(brokerAnswers.unknownSymbol));
  offers.world('the broker cannot be asked', 1, asked(brokerAnswers.unavailable));
  offerSwitches(offers, moment, ['GLOBAL', 'ACTIVE'], ['GLOBAL', 'WARNING']);
  offerRestart(offers, moment);
}

function offerLastLook(offers: Offers, moment: Moment): void {
  const { snapshot, host } = moment;
  const { context } = snapshot;
  const refusal =
    (code: 'KILL_SWITCH_ACTIVE' | 'ADVISORY_EXPIRED' | 'ORDER_NOT_SENT', message: string) => (at: number) =>
      ({ type: 'SUBMIT_BLOCKED', at, refusal: { code, message } }) as const;
  const { symbol, expirationTimestamp } = context.snapshot;
  if (context.killSwitch.effective === 'ACTIVE') {
    const message = `Kill switch is ACTIVE for ${JSON.stringify(symbol)}; release it, then send a new advisory.`;
    offers.world('the last look finds a switch ACTIVE', 0, refusal('KILL_SWITCH_ACTIVE', message), host.now);
    return;
  }
  const tooLate = refusal('ORDER_NOT_SENT', 'T has reached 30 s: no further try.');
  if (context.attempts.length > 0 && host.now >= hardTimeoutAt(context)) {
    offers.world('the last look is too late', 0, tooLate, host.now);
    return;
  }
  const expired = (at: number) => {
    const now = new Date(at + EXPIRY_STEP_MS).toISOString();
    const message = `expirationTimestamp is ${expirationTimestamp}, and it is ${now}; accepted is a time in the future.`;
    return refusal('ADVISORY_EXPIRED', message)(at);
  };
  offers.world('submit', 0, (at) => ({ type: 'SUBMIT_STARTED', at }), host.now);
  offers.world('the last look finds it expired', 1, expired, host.now);
  if (context.attempts.length > 0) {
    offers.asleep('the last look is too late', tooLate, hardTimeoutAt(context) + 1_000);
  }
  offerSwitches(offers, moment, ['RISK_LIMIT', 'ACTIVE'], ['GLOBAL', 'WARNING']);
  // Before the first try a report can only be of an order of a former life: `full` is enough to see what becomes of it.
  offerReports(offers, moment, context.attempts.length > 0 ? { full: 1, partial: 1 } : { full: 1 });
  offerOversleptFills(offers, moment);
  offerRestart(offers, moment);
}

function offerSubmitOutcome(offers: Offers, moment: Moment): void {
  const { context } = moment.snapshot;
  offers.world('accepted', 0, accepted);
  offers.world('known there already', 1, outcome({ kind: 'duplicate' }));
  offers.world('unknown', 1, outcome({ kind: 'unknown', cause: 'HTTP 500' }));
  offers.world('rejected', 1, rejected);
  offers.world('rejected for now', 1, outcome({ kind: 'rejected', code: 'BUSY', reason: 'busy', transient: true }));
  offers.world('not sent', 1, notSent);
  offers.asleep('not sent', notSent, hardTimeoutAt(context) + 1_000);
  offerReports(offers, moment, { full: 1, partial: 1, unpriced: 1, cancelled: 1, rejected: 1 });
  offerOversleptFills(offers, moment);
  offerSwitches(offers, moment, ['GLOBAL', 'ACTIVE'], ['RISK_LIMIT', 'ACTIVE']);
  offerRestart(offers, moment);
}

function offerWhileBackingOff(offers: Offers, moment: Moment): void {
  offerReports(offers, moment, { full: 1, partial: 1 });
  offerOversleptFills(offers, moment);
  offerSwitches(offers, moment, ['GLOBAL', 'ACTIVE'], ['GLOBAL', 'WARNING']);
  offerRestart(offers, moment, DOWN_UNTIL.nearTimeout, DOWN_UNTIL.inWindow);
}

function offerWhilePending(offers: Offers, moment: Moment): void {
  const { context } = moment.snapshot;
  offerReports(offers, moment, {
    full: 0,
    partial: 1,
    unpriced: 1,
    cancelled: 1,
    expired: 1,
    rejected: 1,
    over: 1,
    found: 1,
  });
  offerOversleptFills(offers, moment);
  offerLateAnswer(offers, moment);
  offerSwitches(offers, moment, ['GLOBAL', 'ACTIVE'], ['RISK_LIMIT', 'ACTIVE']);
  if (context.firstSubmitAt !== undefined && moment.path === 'pending.open')
    offerSwitch(offers, moment, ['MANUAL', 'ACTIVE'], hardTimeoutAt(context) - 1_000);
  offerRestart(offers, moment, DOWN_UNTIL.inWindow, DOWN_UNTIL.afterWindow);
}

function offerWhileCancelling(offers: Offers, moment: Moment): void {
  const { host, path, snapshot } = moment;
  const isConfirming = path.endsWith('.confirming');
  const top = path.split('.')[0];
  if (host.open.includes('cancel')) {
    offers.world('the cancel is taken', 0, (at) => ({ type: 'CANCEL_OUTCOME', at, outcome: 'requested' }));
    offers.world('the cancel finds nothing', 1, (at) => ({ type: 'CANCEL_OUTCOME', at, outcome: 'not_found' }));
  }
  const rejectedToo = top === 'cancelling' ? { rejected: 1 as const } : { unpriced: 1 as const };
  offerReports(offers, moment, { full: 1, partial: 1, cancelled: isConfirming ? 0 : 1, ...rejectedToo });
  if (top === 'timeout') {
    const late = hardTimeoutAt(snapshot.context) + 1_000;
    if (host.now === late - 1_000) offers.world('filled at that very instant', 1, fullAt(moment), host.now);
    if (late > host.now + REACTION_MS) offers.world('filled late', 1, fullAt(moment), late);
    offers.asleep('filled', fullAt(moment), hardTimeoutAt(snapshot.context) + 3_000);
  } else offerOversleptFills(offers, moment);
  if (host.open.includes('submit') && top === 'timeout') {
    offers.world('rejected at last', 0, rejected);
    offers.world('not sent after all', 0, notSent);
  }
  offerLateAnswer(offers, moment, 0);
  if (host.switches.length < 2) offerSwitch(offers, moment, ['MANUAL', 'ACTIVE']);
  offerRestart(offers, moment, ...(top === 'cancelling' ? [DOWN_UNTIL.inWindow] : []));
}

function offerProtection(offers: Offers, moment: Moment): void {
  const legs = (stopLoss: LegOutcome, takeProfit: LegOutcome) => (at: number) =>
    ({ type: 'PROTECTION_OUTCOME', at, legs: { stopLoss, takeProfit } }) as const;
  const placed = (leg: string): LegOutcome => ({ kind: 'accepted', brokerOrderId: `B-1-${leg}` });
  const busy: LegOutcome = { kind: 'rejected', code: 'BUSY', reason: 'busy', transient: true };
  const refused: LegOutcome = { kind: 'rejected', code: 'NO', reason: 'beyond the market' };
  const { tries } = moment.snapshot.context.protection;
  const isRepeat = tries > 1;
  if (moment.path.endsWith('.confirming')) offerExitWords(offers, moment);
  const taken = (leg: string): LegOutcome => ({ ...placed(leg), state: 'pending' }) as LegOutcome;
  const passed: LegOutcome = { kind: 'rejected', code: TAKE_PROFIT_PASSED, reason: 'the market has passed it' };
  if (moment.host.open.includes('protect') && /\.(?:placing|overdue)$/.test(moment.path)) {
    offers.world('protected', 0, legs(placed('sl'), placed('tp')));
    offers.world('TP not yet', isRepeat ? 0 : 1, legs(placed('sl'), busy));
    offers.world('SL refused', 1, legs(refused, placed('tp')));
    offers.world('taken, and not at work yet', 1, legs(taken('sl'), taken('tp')));
    offers.world('the market has passed the take-profit', isRepeat ? 2 : 1, legs(passed, passed));
    offers.world('SL placed, the market has passed the take-profit', 1, legs(placed('sl'), passed));
  }
  offerAfterwards(offers, moment, moment.path.endsWith('.backingOff') && tries === 1 ? 0 : 1);
}

/** What the venue says of exits that it has taken (B5). */
function offerExitWords(offers: Offers, { snapshot }: Moment): void {
  const { stopLoss, takeProfit } = snapshot.context.protection;
  const word =
    (leg: 'sl' | 'tp', status: 'open' | 'rejected') =>
    (at: number): FactOf<'EXIT_REPORT'> => ({
      type: 'EXIT_REPORT',
      at,
      leg,
      report: { status, cumQty: ZERO, brokerOrderId: `B-1-${leg}`, ...(status === 'open' && { isWorking: true }) },
    });
  if (stopLoss === 'confirming') offers.world('SL works', 0, word('sl', 'open'));
  else if (takeProfit === 'confirming') offers.world('TP works', 0, word('tp', 'open'));
  offers.world('SL is refused after all', 1, word('sl', 'rejected'));
}

function offerReconciliation(offers: Offers, moment: Moment): void {
  const { context } = moment.snapshot;
  if (moment.host.open.includes('reconcile')) {
    const view = agreeingView(context);
    const size = view.position.size === '0' ? '50' : '0';
    const flat = { ...view, position: { ...view.position, size } };
    const reconciled = (seen: typeof view) => (at: number) =>
      ({ type: 'RECONCILED', at, observed: observedOf(context, seen) }) as const;
    offers.world('reconciled', 0, reconciled(view));
    offers.world('the position differs', 1, reconciled(flat));
  }
  offerAfterwards(offers, moment);
}

/** What may come while a position is protected and reconciled. */
function offerAfterwards(offers: Offers, moment: Moment, restart: Deviation = 1): void {
  offerReports(offers, moment, { over: 1, found: 1 });
  if (moment.host.open.includes('submit')) offers.world('accepted at last', 1, accepted);
  offerSwitches(offers, moment, ['GLOBAL', 'ACTIVE']);
  if (moment.host.restarts === 0) offers.world('restart', restart, recoveredAfter(moment));
}
