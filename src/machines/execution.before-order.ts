/**
 * `validating` and `submitted`: everything up to the submit call, and what the call proved.
 */
import { executionSetup, fullFill, knowKillSwitch, rule } from './execution.setup.js';

const refused = {
  target: '#execution.done',
  actions: ['start', { type: 'decideRefusal', params: { status: 'REJECTED' } }],
} as const;

const refusedBy = <Rule extends 'V1' | 'V2' | 'V3' | 'V4' | 'V5' | 'V6' | 'V7' | 'V8'>(id: Rule, description: string) =>
  ({
    ...refused,
    guard: { type: 'isRefusedBy', params: { rule: id } },
    ...rule(id === 'V8' ? 'V8 K2' : id, description),
  }) as const;

/** Nothing has left the process. */
export const validating = executionSetup.createStateConfig({
  description: 'May the advisory be executed? Nothing has left the process yet.',
  initial: 'judging',
  states: {
    judging: {
      description: 'The snapshot, the cases and the kill switches.',
      on: {
        START: [
          refusedBy('V1', 'Expired.'),
          refusedBy('V2', 'The advisory id is not acceptable.'),
          refusedBy('V3', 'The size is not acceptable.'),
          refusedBy('V4', 'The stop-loss offset lies on the wrong side.'),
          refusedBy('V5', 'The take-profit offset lies on the wrong side.'),
          refusedBy('V6', 'Another field is not acceptable.'),
          refusedBy('V7', 'An open case covers the symbol.'),
          refusedBy('V8', 'A kill switch is ACTIVE: the broker is never called.'),
          {
            target: 'asking',
            actions: ['start', 'askBroker', 'scheduleValidationEnd'],
            ...rule('R1.3 V9', 'The broker is asked next.'),
          },
        ],
      },
    },
    asking: {
      description: 'Instrument rules, margin, and the position before the order.',
      on: {
        BROKER_ASKED: [
          {
            guard: { type: 'isRefusedBy', params: { rule: 'V9' } },
            target: '#execution.done',
            actions: { type: 'decideRefusal', params: { status: 'REJECTED' } },
            ...rule('V9', 'The broker refuses, or could not be asked.'),
          },
          {
            guard: { type: 'isRefusedBy', params: { rule: 'V10' } },
            target: '#execution.done',
            actions: { type: 'decideRefusal', params: { status: 'REJECTED' } },
            ...rule('V10', 'SL and TP could not be placed: nothing is bought.'),
          },
          {
            target: '#execution.submitted',
            actions: 'keepAnswer',
            ...rule('S2', 'All preconditions hold: this fact is the intent.'),
          },
        ],
        DEADLINE: {
          guard: { type: 'isDeadline', params: { name: 'validation' } },
          target: '#execution.done',
          actions: { type: 'decide', params: { status: 'REJECTED', reason: 'BROKER_UNAVAILABLE' } },
          ...rule('E3 V9', 'Validation has taken 10 s.'),
        },
        KILL_SWITCH: [
          {
            guard: 'isKilled',
            target: '#execution.done',
            actions: [
              'noteKillSwitch',
              { type: 'decide', params: { status: 'REJECTED', reason: 'KILL_SWITCH_ACTIVE' } },
            ],
            ...rule('K2', 'ACTIVE before the submission: no order.'),
          },
          knowKillSwitch,
        ],
        RECOVERED: {
          actions: ['askBroker', 'scheduleValidationEnd'],
          ...rule('A6', 'Nothing was sent: the broker is asked again.'),
        },
      },
    },
  },
});

const failed = (reason: 'BROKER_REJECTED' | 'ORDER_NOT_SENT' | 'KILL_SWITCH_ACTIVE') =>
  ({ type: 'decide', params: { status: 'FAILED', reason } }) as const;

/** A report that shows the order alive while its call is open, or after the call said that nothing was sent. */
const provenLive = {
  guard: 'isNews',
  target: '#execution.pending',
  actions: ['assumeSent', 'keepReport', 'scheduleHardTimeout'],
  ...rule('S1 P2', 'A report proves that the order exists: nothing is sent again.'),
} as const;

const [fillsInTime, ...fillsLater] = fullFill;

/** What a report does before a call is under way; before the first one, an earlier life must have sent the order. */
const reportBeforeCall = [
  { ...fillsInTime, actions: ['assumeSent', 'keepReport'] },
  ...fillsLater,
  provenLive,
] as const;

const busyToTheLast = {
  guard: 'isOutOfTimeAfterRefusal',
  target: '#execution.done',
  actions: failed('BROKER_REJECTED'),
  ...rule('S5 S6', 'T = 30 s, and the broker was busy to the last: no further try.'),
} as const;

/** T = 30 s while no order is live: what is said is what the last try came to. */
const noFurtherTry = [
  busyToTheLast,
  {
    guard: { type: 'isDeadline', params: { name: 'hardTimeout' } },
    target: '#execution.done',
    actions: failed('ORDER_NOT_SENT'),
    ...rule('S5 S6', 'T = 30 s: no further try.'),
  },
] as const;

/** The intent is recorded; the call is about to be made, under way, or to be made again. */
export const submitted = executionSetup.createStateConfig({
  description: 'The intent is recorded. One entry order, whatever happens.',
  initial: 'ready',
  states: {
    ready: {
      description: 'The last look: expiry, cases, kill switches and limits, in the same turn as the call.',
      entry: 'submitOrder',
      on: {
        SUBMIT_STARTED: {
          target: 'calling',
          actions: ['beginAttempt', 'scheduleHardTimeout'],
          ...rule('S6 T1', 'The first call starts T.'),
        },
        SUBMIT_BLOCKED: [
          {
            guard: 'isFirstTry',
            target: '#execution.done',
            actions: { type: 'decideRefusal', params: { status: 'REJECTED' } },
            ...rule('V1 V7 V8 V11 K2', 'Refused at the last look: no order was ever sent.'),
          },
          busyToTheLast,
          {
            target: '#execution.done',
            actions: { type: 'decideRefusal', params: { status: 'FAILED' } },
            ...rule('S5 S6', 'Refused at the last look before a further try.'),
          },
        ],
        SUBMIT_WITHDRAWN: [
          {
            guard: 'isFirstTry',
            target: '#execution.validating.asking',
            ...rule('A6 S2', 'The engine is closed before the first call: nothing was sent, the next one asks again.'),
          },
          {
            target: 'backingOff',
            ...rule('A6 S5', 'The engine is closed before a further call: nothing is live, the next one tries again.'),
          },
        ],
        ORDER_REPORT: reportBeforeCall,
        KILL_SWITCH: [
          {
            guard: 'isKilledBeforeFirstTry',
            target: '#execution.done',
            actions: [
              'noteKillSwitch',
              { type: 'decide', params: { status: 'REJECTED', reason: 'KILL_SWITCH_ACTIVE' } },
            ],
            ...rule('K2', 'ACTIVE before the submission: no order.'),
          },
          {
            guard: 'isKilled',
            target: '#execution.done',
            actions: ['noteKillSwitch', failed('KILL_SWITCH_ACTIVE')],
            ...rule('S5 S6', 'ACTIVE before a further try: no order is live.'),
          },
          knowKillSwitch,
        ],
        DEADLINE: noFurtherTry,
        RECOVERED: {
          target: '#execution.pending',
          actions: ['noteRecovery', 'assumeAttempt', 'scheduleHardTimeout'],
          ...rule('A6 S4', 'An intent without an answer may have been sent: unknown, never sent again.'),
        },
      },
    },
    calling: {
      description: 'The submit call is under way.',
      on: {
        SUBMIT_OUTCOME: [
          {
            guard: 'isRefusedAsReported',
            target: '#execution.done',
            actions: ['endAttempt', failed('BROKER_REJECTED')],
            ...rule('S3 S6', 'The broker said no, by its answer and by a report.'),
          },
          {
            guard: 'mayBeLiveAndCancelIsWanted',
            target: '#execution.cancelling',
            actions: 'endAttempt',
            ...rule('K3 S3', 'The outcome is known: the cancel that waited for it follows.'),
          },
          {
            guard: 'mayBeLive',
            target: '#execution.pending',
            actions: 'endAttempt',
            ...rule('S3 S4', 'Accepted, known there already, or unknown.'),
          },
          {
            guard: 'mayTryAgainButIsKilled',
            target: '#execution.done',
            actions: ['endAttempt', failed('KILL_SWITCH_ACTIVE')],
            ...rule('K3 S6', 'Nothing is live, and a kill switch forbids a further try.'),
          },
          {
            guard: 'mayTryAgain',
            target: 'backingOff',
            actions: 'endAttempt',
            ...rule('S5', 'Nothing left the process, or the broker was busy.'),
          },
          {
            guard: 'isRejected',
            target: '#execution.done',
            actions: ['endAttempt', failed('BROKER_REJECTED')],
            ...rule('S3 S6', 'The broker said no.'),
          },
          {
            target: '#execution.done',
            actions: ['endAttempt', failed('ORDER_NOT_SENT')],
            ...rule('S6', 'Never sent, and the time is up.'),
          },
        ],
        ORDER_REPORT: [
          ...fullFill,
          { guard: 'isNews', actions: 'keepReport', ...rule('P2', 'Reported before the call was answered.') },
        ],
        KILL_SWITCH: [
          {
            guard: 'isCancelledBySwitch',
            actions: 'wantCancel',
            ...rule('K3', 'The cancel follows as soon as the outcome is known.'),
          },
          knowKillSwitch,
        ],
        DEADLINE: {
          guard: { type: 'isDeadline', params: { name: 'hardTimeout' } },
          target: '#execution.timeout',
          ...rule('T3', 'T = 30 s and no answer: cancelled by clientOrderId.'),
        },
        RECOVERED: [
          {
            guard: 'isCancelWanted',
            target: '#execution.cancelling',
            actions: ['noteRecovery', 'assumeUnknown', 'scheduleHardTimeout'],
            ...rule('A6 K3', 'A call without an answer: unknown, and the cancel that waited for it follows.'),
          },
          {
            target: '#execution.pending',
            actions: ['noteRecovery', 'assumeUnknown', 'scheduleHardTimeout'],
            ...rule('A6 S4', 'A call without an answer: unknown, never made again.'),
          },
        ],
      },
    },
    backingOff: {
      description: 'A proof that nothing is live; the same order is sent again, with the same id.',
      entry: 'scheduleSubmitRetry',
      on: {
        DEADLINE: [
          {
            guard: { type: 'isDeadline', params: { name: 'submitRetry' } },
            target: 'ready',
            ...rule('S5', 'The next try.'),
          },
          ...noFurtherTry,
        ],
        ORDER_REPORT: [...fullFill, provenLive],
        KILL_SWITCH: [
          {
            guard: 'isKilled',
            target: '#execution.done',
            actions: ['noteKillSwitch', failed('KILL_SWITCH_ACTIVE')],
            ...rule('S5 S6', 'ACTIVE before a further try: no order is live.'),
          },
          knowKillSwitch,
        ],
        RECOVERED: {
          target: 'backingOff',
          reenter: true,
          actions: ['noteRecovery', 'scheduleHardTimeout'],
          ...rule('A6 T4', 'The deadlines are the original ones.'),
        },
      },
    },
  },
});
