/**
 * What an execution must come to (L14): from where it stands, the fact and its received time. Each row is a rule.
 *
 * `undefined` is "the rules ask for nothing in particular here".
 */
import { applyReport, hasFill, isClosedAndPriced, isFullFill } from '../domain/order.js';
import type { FinalStatus } from '../domain/result.js';
import { BAD_PRICE } from './advisories.js';
import { startRefusal } from './facts.js';
import { HARD_TIMEOUT, T_LATE } from './figures.js';
import { FIRST_SUBMIT_AT } from './phases.js';
import type { Step } from './step.js';

interface Outcome {
  /** Top state, or the whole path of the state, that must be reached or kept. */
  readonly state?: string;
  readonly status?: FinalStatus;
  readonly reason?: string;
}

const done = (status: FinalStatus, reason: string): Outcome => ({ state: 'done', status, reason });
const ended = (status: FinalStatus, reason?: string): Outcome => ({ status, ...(reason !== undefined && { reason }) });

const topOf = ({ before }: Step): string => before.path.split('.', 1)[0] ?? '';
const tOf = ({ at }: Step): number => at - FIRST_SUBMIT_AT;
const wasTried = ({ before }: Step): boolean => before.context.attempts.length > 0;

export function expectedOutcome(step: Step): Outcome | undefined {
  switch (step.fact.type) {
    case 'START':
      return afterStart(step);
    case 'BROKER_ASKED':
      return afterAnswer(step);
    case 'SUBMIT_BLOCKED':
      return afterBlock(step);
    case 'SUBMIT_OUTCOME':
      return afterSubmit(step);
    case 'ORDER_REPORT':
      return afterReport(step);
    case 'DEADLINE':
      return afterDeadline(step);
    case 'KILL_SWITCH':
      return afterSwitch(step);
    case 'RECOVERED':
      return afterRestart(step);
    default:
      return undefined;
  }
}

/** V1–V8, in their order. The advisory a second time changes nothing. */
function afterStart({ before, fact }: Step): Outcome | undefined {
  if (before.path !== 'validating.judging') return { state: before.path };
  const code = startRefusal(fact.id, before.context);
  return code === undefined ? { state: 'validating.asking' } : done('REJECTED', code);
}

/** V9. */
function afterAnswer({ before, fact }: Step): Outcome | undefined {
  if (before.path !== 'validating.asking') return undefined;
  return fact.refusedWith === undefined ? { state: 'submitted.ready' } : done('REJECTED', fact.refusedWith);
}

/** S5, S6: what is said when time is up is what the last try came to. */
function afterBlock(step: Step): Outcome {
  const { refusedWith = '' } = step.fact;
  if (refusedWith === 'ORDER_NOT_SENT') return done('FAILED', wasRefused(step) ? 'BROKER_REJECTED' : refusedWith);
  return done(wasTried(step) ? 'FAILED' : 'REJECTED', refusedWith);
}

const wasRefused = ({ before }: Step): boolean => before.context.attempts.at(-1)?.outcome === 'rejected';

/** A report that only an order that exists can have. */
const isProven = ({ before: { context } }: Step): boolean =>
  context.order.brokerOrderId !== undefined || hasFill(context.order) || context.order.status !== 'open';

/** S3–S6. */
function afterSubmit(step: Step): Outcome | undefined {
  const { before, fact } = step;
  const isRefusal = fact.submit === 'rejected' || fact.submit === 'busy' || fact.submit === 'not_sent';
  if (before.path === 'submitted.calling' && isRefusedAsReported(step)) return done('FAILED', 'BROKER_REJECTED');
  if (before.path === 'submitted.calling')
    return isRefusal && !isProven(step) ? afterRefusal(step) : { state: wayOf(step) };
  const isOpenCall = before.context.attempts.at(-1)?.outcome === undefined;
  if (topOf(step) !== 'timeout') return { state: before.path };
  if (!isRefusal || isProven(step) || !isOpenCall) return { state: before.path };
  return done('FAILED', fact.submit === 'not_sent' ? 'ORDER_NOT_SENT' : 'BROKER_REJECTED');
}

/** The answer says no, and so has a report: no sign of life, and nothing to try again. */
const isRefusedAsReported = ({ before: { context }, fact }: Step): boolean =>
  fact.submit === 'rejected' && context.order.status === 'rejected' && !hasFill(context.order);

/** Where an order goes that is, or may be, live. */
function wayOf({ before: { context } }: Step): string {
  if (isClosedAndPriced(context.order) && context.order.status !== 'filled') return 'reconciling';
  return context.killSwitch.cancelWanted && context.order.status === 'open' ? 'cancelling' : 'pending';
}

function afterRefusal(step: Step): Outcome {
  const { fact, before } = step;
  if (fact.submit === 'rejected') return done('FAILED', 'BROKER_REJECTED');
  if (tOf(step) < HARD_TIMEOUT) {
    return before.context.killSwitch.cancelWanted
      ? done('FAILED', 'KILL_SWITCH_ACTIVE')
      : { state: 'submitted.backingOff' };
  }
  return done('FAILED', fact.submit === 'busy' ? 'BROKER_REJECTED' : 'ORDER_NOT_SENT');
}

const LIVE = ['submitted', 'pending', 'cancelling', 'timeout'];

/** T2, P3, P6, T3: the received time of a full fill decides; else the state in which the order was found closed. */
function afterReport(step: Step): Outcome | undefined {
  const { before, fact } = step;
  if (!LIVE.includes(topOf(step)) || fact.report === undefined) return undefined;
  const order = applyReport(before.context.order, fact.report);
  if (isFullFill(order)) {
    // Without room for SL and TP there is nothing to wait for in `filled` and `late` (R2.2).
    const wayOver = (state: string) => (order.avgPrice === BAD_PRICE ? 'reconciling.asking' : state);
    if (tOf(step) <= HARD_TIMEOUT) return { state: wayOver('filled'), ...ended('FILLED') };
    if (tOf(step) <= T_LATE) return { state: wayOver('late'), ...ended('EXECUTED_FULL_LATE') };
    return { state: 'reconciling', ...ended('FAILED_TIMEOUT', 'FILL_TIMEOUT') };
  }
  if (before.path === 'submitted.calling') return { state: 'submitted.calling' };
  // A fill was taken back, and the order that a switch wants gone is open again.
  const { killSwitch, order: known } = before.context;
  if (topOf(step) === 'pending' && killSwitch.cancelWanted && known.status !== 'open' && order.status === 'open')
    return { state: 'cancelling' };
  if (!isClosedAndPriced(order)) return { state: topOf(step) === 'submitted' ? 'pending' : topOf(step) };
  return { state: 'reconciling', ...verdictOnClosed(step, order.status) };
}

function verdictOnClosed(step: Step, status: string): Outcome {
  if (topOf(step) === 'timeout') return ended('FAILED_TIMEOUT', 'FILL_TIMEOUT');
  if (status === 'rejected') return ended('FAILED', 'BROKER_REJECTED');
  if (topOf(step) === 'cancelling') return ended('CANCELLED', 'KILL_SWITCH_ACTIVE');
  return byBroker(status);
}

const byBroker = (status: string): Outcome =>
  ended('CANCELLED', status === 'expired' ? 'BROKER_EXPIRED' : 'BROKER_CANCELLED');

/** E3, T3, S6. */
function afterDeadline(step: Step): Outcome | undefined {
  const { before, fact } = step;
  switch (fact.deadline) {
    case 'validation':
      return before.path === 'validating.asking' ? done('REJECTED', 'BROKER_UNAVAILABLE') : undefined;
    case 'hardTimeout':
      return afterHardTimeout(step);
    case 'lateWindow':
      return afterLateWindow(step);
    case 'protection':
      return afterProtectionWindow(step);
    case 'protectionCall':
      return before.path.endsWith('.overdue') ? { state: 'reconciling.asking' } : undefined;
    case 'reconciliation':
      return before.path === 'reconciling.asking' ? { state: 'done' } : undefined;
    default:
      return undefined;
  }
}

/** T3, T4: a cancel that is under way has its whole time, however late it began. */
function afterLateWindow(step: Step): Outcome | undefined {
  if (topOf(step) !== 'timeout') return undefined;
  if (step.before.path === 'timeout.requesting') return { state: step.before.path };
  return { state: 'reconciling', ...ended('FAILED_TIMEOUT', 'FILL_TIMEOUT') };
}

/** B2, T4: no further try begins; the call that is under way has its whole time. */
function afterProtectionWindow({ before }: Step): Outcome | undefined {
  if (before.phase !== 'protect') return undefined;
  if (before.path.endsWith('.overdue')) return { state: before.path };
  const isCalling = before.path.endsWith('.placing');
  return { state: isCalling ? before.path.replace(/placing$/, 'overdue') : 'reconciling.asking' };
}

function afterHardTimeout(step: Step): Outcome | undefined {
  const { before } = step;
  if (before.path === 'submitted.ready' || before.path === 'submitted.backingOff') {
    return done('FAILED', wasRefused(step) ? 'BROKER_REJECTED' : 'ORDER_NOT_SENT');
  }
  const { order } = before.context;
  // Closed by the broker while the submit call was open: in time, and not by the clock (P6).
  if (before.path === 'submitted.calling' && isClosedAndPriced(order)) {
    const isRejected = order.status === 'rejected';
    return { state: 'reconciling', ...(isRejected ? ended('FAILED', 'BROKER_REJECTED') : byBroker(order.status)) };
  }
  return ['submitted', 'pending', 'cancelling'].includes(topOf(step)) ? { state: 'timeout' } : undefined;
}

/** K2, K3. */
function afterSwitch(step: Step): Outcome | undefined {
  const { before, fact, at } = step;
  const told = fact.make(before.context, at);
  if (told.type !== 'KILL_SWITCH' || told.effective !== 'ACTIVE') return { state: before.path };
  const isBeforeCall = ['validating.asking', 'submitted.ready', 'submitted.backingOff'].includes(before.path);
  if (isBeforeCall) return done(wasTried(step) ? 'FAILED' : 'REJECTED', 'KILL_SWITCH_ACTIVE');
  const isKill = told.state === 'ACTIVE' && told.switchType !== 'RISK_LIMIT';
  return isKill && topOf(step) === 'pending' ? { state: 'cancelling' } : { state: before.path };
}

/** A6, S4, T4: what may have been sent is unknown and never sent again; what was wanted is still wanted. */
function afterRestart(step: Step): Outcome | undefined {
  const { path } = step.before;
  if (path === 'submitted.ready' || path === 'submitted.calling') {
    return { state: wayOf(step) };
  }
  return undefined;
}
