/**
 * What the chart does on a transition, by name: keep a fact (assign) or ask for something (emit). Nothing else.
 */
import { assign, emit } from 'xstate';
import { caseKindOf } from '../domain/cases.js';
import { switchSentence } from '../domain/kill-switch.js';
import {
  backoffMs,
  PROTECTION_LIMIT_MS,
  RECONCILIATION_LEAST_MS,
  RECONCILIATION_LIMIT_MS,
  VALIDATION_LIMIT_MS,
  WHOLE_CALL_MS,
} from '../domain/limits.js';
import { type ReasonCode, reasons } from '../domain/reasons.js';
import type { FinalStatus } from '../domain/result.js';
import type { ExecutionCommand } from './execution.commands.js';
import {
  type ExecutionContext,
  exitRefs,
  hardTimeoutAt,
  lateWindowEndsAt,
  orderRef,
  orderRequest,
  protectionRequest,
} from './execution.context.js';
import type { DeadlineName, ExecutionFact } from './execution.facts.js';
import * as protecting from './execution.protecting.js';
import { resultOf } from './execution.result.js';
import * as updates from './execution.updates.js';

interface Args {
  readonly context: ExecutionContext;
  readonly event: ExecutionFact;
}

/** Keeps a fact: `update` takes the fact of `type` alone. */
const keep = <Type extends ExecutionFact['type']>(
  type: Type,
  update: (context: ExecutionContext, fact: Extract<ExecutionFact, { type: Type }>) => updates.Patch,
) =>
  assign<ExecutionContext, ExecutionFact, undefined, ExecutionFact, never>(({ context, event }: Args) =>
    update(context, updates.expectFact(event, type) as Extract<ExecutionFact, { type: Type }>),
  );

const know = (update: (context: ExecutionContext, fact: ExecutionFact) => updates.Patch) =>
  assign<ExecutionContext, ExecutionFact, undefined, ExecutionFact, never>(({ context, event }: Args) =>
    update(context, event),
  );

const ask = (command: (args: Args) => ExecutionCommand) =>
  emit<ExecutionContext, ExecutionFact, undefined, ExecutionFact, ExecutionCommand>(command);

const schedule = (name: DeadlineName, at: (args: Args) => number) =>
  ask((args) => ({ type: 'scheduleDeadline', name, at: at(args) }));

/** The registry's sentence, with the broker's own words where there are any. */
function messageFor({ context, event }: Args, reason: ReasonCode | undefined): string | undefined {
  const refusal = updates.refusalOf(context, event);
  if (refusal !== undefined) return refusal.message;
  if (reason === undefined) return undefined;
  if (reason === 'KILL_SWITCH_ACTIVE')
    return `${reasons[reason].sentence}${switchSentence(context.killSwitch.decidedBy)}`;
  const words =
    event.type === 'SUBMIT_OUTCOME' && 'reason' in event.outcome ? event.outcome.reason : context.order.reason;
  return words === undefined ? reasons[reason].sentence : `${reasons[reason].sentence} Broker: ${words}`;
}

export const executionActions = {
  start: keep('START', updates.start),
  keepAnswer: keep('BROKER_ASKED', updates.keepAnswer),
  beginAttempt: keep('SUBMIT_STARTED', updates.beginAttempt),
  assumeAttempt: keep('RECOVERED', (context, { intentAt, at }) => updates.assumeAttempt(context, intentAt ?? at)),
  assumeSent: know(updates.assumeSent),
  assumeUnknown: know(updates.assumeUnknown),
  forgetCancelCall: know(updates.forgetCancelCall),
  forgetTakenCancel: know(updates.forgetTakenCancel),
  endAttempt: keep('SUBMIT_OUTCOME', updates.endAttempt),
  keepReport: keep('ORDER_REPORT', updates.keepReport),
  keepFillAfterWindow: keep('ORDER_REPORT', updates.keepFillAfterWindow),
  keepStrayFill: keep('ORDER_REPORT', updates.keepStrayFill),
  noteKillSwitch: keep('KILL_SWITCH', updates.noteKillSwitch),
  wantCancel: keep('KILL_SWITCH', updates.wantCancel),
  beginCancel: know(updates.beginCancel),
  noteCancelCall: know(updates.noteCancelCall),
  endCancel: keep('CANCEL_OUTCOME', updates.endCancel),
  noteWindowOver: know(updates.noteWindowOver),
  noteRecovery: know(updates.noteRecovery),
  computeBracket: know(updates.computeBracket),
  beginProtection: know(protecting.beginProtection),
  renewProtectionWindow: know(protecting.renewProtectionWindow),
  endProtection: keep('PROTECTION_OUTCOME', protecting.endProtection),
  goAlone: know(protecting.goAlone),
  noteStopAlone: know(protecting.noteStopAlone),
  keepExitReport: keep('EXIT_REPORT', protecting.keepExitReport),
  keepCorrection: keep('ORDER_REPORT', protecting.keepCorrection),
  noteUnprotected: know(protecting.noteUnprotected),
  keepReconciliation: keep('RECONCILED', updates.keepReconciliation),
  failReconciliation: know(updates.failReconciliation),
  composeResult: know((context, { at }) => ({ result: resultOf(context, at) })),

  /** Gives the verdict; the first one stands. */
  decide: assign<ExecutionContext, ExecutionFact, { status: FinalStatus; reason?: ReasonCode }, ExecutionFact, never>(
    ({ context, event }, { status, reason }) =>
      updates.decide(context, status, reason, messageFor({ context, event }, reason)),
  ),
  /** Gives the verdict that a refusal carries in itself. */
  decideRefusal: assign<ExecutionContext, ExecutionFact, { status: FinalStatus }, ExecutionFact, never>(
    ({ context, event }, { status }) => {
      const refusal = updates.refusalOf(context, event);
      return updates.decide(context, status, refusal?.code, refusal?.message, refusal?.refusedBy);
    },
  ),
  /** The broker ended the order by itself: its word says how (P6). */
  decideByBroker: know((context, event) => {
    const reason: ReasonCode = context.order.status === 'expired' ? 'BROKER_EXPIRED' : 'BROKER_CANCELLED';
    return updates.decide(context, 'CANCELLED', reason, messageFor({ context, event }, reason));
  }),

  askBroker: ask(() => ({ type: 'askBroker' })),
  submitOrder: ask(({ context }) => ({ type: 'submitOrder', order: orderRequest(context) })),
  watchOrder: ask(({ context }) => ({ type: 'watchOrder', ref: orderRef(context) })),
  unwatchOrder: ask(() => ({ type: 'unwatchOrder' })),
  queryOrder: ask(({ context }) => ({ type: 'queryOrder', ref: orderRef(context) })),
  lookAtOrder: ask(({ context }) => ({ type: 'lookAtOrder', ref: orderRef(context) })),
  cancelOrder: ask(({ context }) => ({ type: 'cancelOrder', ref: orderRef(context) })),
  placeProtection: ask(({ context }) => {
    const { bracket } = context;
    if (bracket === undefined) throw new TypeError('the chart asked for protection without a bracket');
    return { type: 'placeProtection', request: protectionRequest(context, bracket) };
  }),
  watchExits: ask(({ context }) => ({ type: 'watchExits', refs: exitRefs(context) })),
  unwatchExits: ask(() => ({ type: 'unwatchExits' })),
  reconcile: ask(({ context }) => ({ type: 'reconcile', ref: orderRef(context) })),
  openUnprotectedCase: ask(({ context }) => ({
    type: 'openCase',
    kind: 'UNPROTECTED_POSITION',
    mismatches: [protecting.unprotected(context)],
  })),
  /** What was found last is the correction: it has just been kept. */
  openCorrectionCase: ask(({ context }) => {
    const found = context.found.filter(({ kind }) => kind === 'FILL_BUSTED' || kind === 'FILL_CORRECTED').slice(-1);
    return {
      type: 'openCase',
      kind: found[0]?.kind === 'FILL_CORRECTED' ? 'FILL_CORRECTED' : 'FILL_BUSTED',
      mismatches: found,
    };
  }),
  openMismatchCase: ask(({ context }) => ({
    type: 'openCase',
    kind: caseKindOf(context.report),
    mismatches: context.report?.mismatches ?? [],
  })),
  finish: ask(() => ({ type: 'finish' })),

  /** Time spent down is no time of the broker's: after a restart it is asked anew, under the whole limit. */
  scheduleValidationEnd: schedule(
    'validation',
    ({ context, event }) => (event.type === 'RECOVERED' ? event.at : context.startedAt) + VALIDATION_LIMIT_MS,
  ),
  scheduleHardTimeout: schedule('hardTimeout', ({ context }) => hardTimeoutAt(context)),
  scheduleLateWindow: schedule('lateWindow', ({ context }) => lateWindowEndsAt(context)),
  scheduleSubmitRetry: schedule('submitRetry', ({ context, event }) =>
    Math.min(event.at + backoffMs(context.attempts.length), hardTimeoutAt(context)),
  ),
  scheduleCancelRetry: schedule('cancelRetry', ({ context, event }) => event.at + backoffMs(context.cancel.tries)),
  scheduleProtectionEnd: schedule('protection', ({ context, event }) => context.protection.endsAt ?? event.at),
  scheduleProtectionRetry: schedule(
    'protectionRetry',
    ({ context, event }) => event.at + backoffMs(context.protection.tries),
  ),
  scheduleProtectionCallEnd: schedule('protectionCall', ({ event }) => event.at + WHOLE_CALL_MS),
  /**
   * What the looks and calls before took is taken from the time for the reconciliation, so that the bound of E3 holds. A
   * process that woke up after that bound has the whole time.
   */
  scheduleReconciliationEnd: schedule('reconciliation', ({ context, event }) => {
    const bound = lateWindowEndsAt(context) + PROTECTION_LIMIT_MS + RECONCILIATION_LIMIT_MS;
    const isInReach = bound - event.at >= RECONCILIATION_LEAST_MS;
    return isInReach ? Math.min(event.at + RECONCILIATION_LIMIT_MS, bound) : event.at + RECONCILIATION_LIMIT_MS;
  }),
};
