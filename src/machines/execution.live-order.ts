/**
 * `pending`, `cancelling` and `timeout`: an order that is, or may be, live at the broker.
 */
import { executionSetup, fullFill, knowKillSwitch, rule, timedOut } from './execution.setup.js';

const rejectedByBroker = { type: 'decide', params: { status: 'FAILED', reason: 'BROKER_REJECTED' } } as const;
const killed = { type: 'decide', params: { status: 'CANCELLED', reason: 'KILL_SWITCH_ACTIVE' } } as const;

/** Over while the submit call was open: nothing is left to wait for. */
const overBefore = [
  {
    guard: 'isKeptRejected',
    target: '#execution.reconciling',
    actions: rejectedByBroker,
    ...rule('P6', 'Rejected while the call was open.'),
  },
  {
    guard: 'isKeptClosed',
    target: '#execution.reconciling',
    actions: 'decideByBroker',
    ...rule('P6', 'Closed while the call was open.'),
  },
] as const;

const lateAcceptance = {
  actions: 'endAttempt',
  ...rule('S3', 'A late answer to the submit call may still name the order.'),
} as const;

const onHardTimeout = {
  guard: { type: 'isDeadline', params: { name: 'hardTimeout' } },
  target: '#execution.timeout',
  ...rule('T3', 'T = 30 s.'),
} as const;

/** Accepted, or unknown: the order is watched until it is filled, closed, or time is up. */
export const pending = executionSetup.createStateConfig({
  description: 'Waiting for the fill. The order is watched by polls and pushes.',
  entry: 'watchOrder',
  initial: 'placing',
  states: {
    placing: {
      description: 'What is known already says where to wait.',
      always: [
        ...overBefore,
        { guard: 'isKeptUnpriced', target: 'unpriced', ...rule('P3', 'Filled without a price.') },
        {
          guard: 'isKeptPartlyFilled',
          target: 'partiallyFilled',
          ...rule('P4', 'Partly filled while the call was open.'),
        },
        { guard: 'isLocated', target: 'open', ...rule('S3', 'The broker has named the order.') },
        { target: 'locating', ...rule('S4', 'Outcome unknown: looked up by clientOrderId.') },
      ],
    },
    locating: {
      description:
        'The order is looked up by clientOrderId until it is found or time is up. "Not found" proves nothing.',
    },
    open: { description: 'Live, nothing filled.' },
    partiallyFilled: { description: 'Live, something filled.' },
    unpriced: { description: 'Filled, and no usable price yet: not a fill until there is one.' },
  },
  on: {
    ORDER_REPORT: [
      ...fullFill,
      {
        guard: 'isRejectedLate',
        target: '#execution.reconciling',
        actions: ['keepReport', rejectedByBroker],
        ...rule('P6', 'The broker rejects after accepting.'),
      },
      {
        guard: 'isClosed',
        target: '#execution.reconciling',
        actions: ['keepReport', 'decideByBroker'],
        ...rule('P6', 'The broker cancels or expires the order by itself.'),
      },
      {
        guard: 'isReopenedAndCancelIsWanted',
        target: '#execution.cancelling',
        actions: 'keepReport',
        ...rule('P8 K3', 'A fill was taken back, and the order that a switch wants gone is open again.'),
      },
      {
        guard: 'isNewsWithoutPrice',
        target: '.unpriced',
        actions: 'keepReport',
        ...rule('P3', 'Filled without a usable price: asked again.'),
      },
      {
        guard: 'isNewsOfPartialFill',
        target: '.partiallyFilled',
        actions: 'keepReport',
        ...rule('P2 P4', 'More is filled.'),
      },
      { guard: 'isNews', target: '.open', actions: 'keepReport', ...rule('P2 S4', 'The order is found.') },
    ],
    SUBMIT_OUTCOME: lateAcceptance,
    KILL_SWITCH: [
      {
        guard: 'isCancelledBySwitch',
        target: '#execution.cancelling',
        actions: 'wantCancel',
        ...rule('K3', 'Cancelled at once, ahead of any poll.'),
      },
      knowKillSwitch,
    ],
    DEADLINE: onHardTimeout,
    RECOVERED: {
      actions: ['noteRecovery', 'scheduleHardTimeout', 'watchOrder'],
      ...rule('A6 T4', 'Watched again under the original deadlines.'),
    },
  },
});

/** Asking the broker to cancel: once, and again only while the broker has not taken the request. */
const cancelSettled = {
  guard: 'isCancelSettled',
  target: 'confirming',
  ...rule('T3', 'Taken already, or the order is closed.'),
} as const;

const cancelIsUnderWay = {
  guard: 'isCancelUnderWay',
  target: 'requesting',
  ...rule('T3', 'A call is under way already.'),
} as const;

const cancelGoesOut = {
  target: 'requesting',
  actions: ['beginCancel', 'cancelOrder'],
  ...rule('T3 K3', 'The cancel goes out.'),
} as const;

/** The call is made, and the record of it stands for a request that was really sent. */
const cancelIsMade = { actions: 'noteCancelCall', ...rule('T4 A1', 'The cancel call is made.') } as const;

/** The order was over before its cancel was answered. */
const cancelIsOver = {
  actions: 'endCancel',
  ...rule('T3', 'Nothing waits for the answer: no call is under way any more.'),
} as const;

const cancelAnswers = [
  {
    guard: 'isCancelTaken',
    target: 'confirming',
    actions: ['endCancel', 'queryOrder'],
    ...rule('T3', 'The broker took it: the order is read.'),
  },
  {
    target: 'backingOff',
    actions: ['endCancel', 'scheduleCancelRetry', 'queryOrder'],
    ...rule('T3 S4', 'Not taken, or not known.'),
  },
] as const;

const cancelStates = {
  requesting: { description: 'The cancel call is under way.' },
  backingOff: {
    description: 'The cancel is tried again shortly.',
    on: {
      DEADLINE: {
        guard: { type: 'isDeadline', params: { name: 'cancelRetry' } },
        target: 'requesting',
        actions: ['beginCancel', 'cancelOrder'],
        ...rule('T3', 'A failed cancel is tried again.'),
      },
    },
  },
  confirming: { description: 'The request is taken; only a report on the order confirms that it is closed.' },
} as const;

/** A fill was taken back, and the order is open again: what was not worth a cancel is now. */
const cancelReopened = {
  guard: 'isReopened',
  target: '.deciding',
  actions: 'keepReport',
  ...rule('P8 T3 K3', 'A fill was taken back, and the order is open again: it is to be cancelled.'),
} as const;

/** What the broker calls filled with less than the size, and a cancel that finds nothing to cancel: over at that size. */
const closedByCancel = {
  guard: 'isClosed',
  target: '#execution.reconciling',
  ...rule('P10 P6', 'Filled with less, it was said, and there is nothing to cancel.'),
} as const;

/** A kill switch wants the live order gone; a fill may still win. */
export const cancelling = executionSetup.createStateConfig({
  description: 'A kill switch cancels the order; the order stays watched and the deadlines run on.',
  entry: 'watchOrder',
  initial: 'deciding',
  states: {
    deciding: {
      description: 'Is there anything to ask for?',
      always: [cancelSettled, cancelIsUnderWay, cancelGoesOut],
    },
    requesting: {
      ...cancelStates.requesting,
      on: {
        CANCEL_OUTCOME: [{ ...closedByCancel, actions: ['endCancel', killed] }, ...cancelAnswers],
      },
    },
    backingOff: cancelStates.backingOff,
    confirming: cancelStates.confirming,
  },
  on: {
    CANCEL_STARTED: cancelIsMade,
    CANCEL_OUTCOME: cancelIsOver,
    ORDER_REPORT: [
      ...fullFill,
      {
        guard: 'isRejectedLate',
        target: '#execution.reconciling',
        actions: ['keepReport', rejectedByBroker],
        ...rule('P6', 'Rejected after all.'),
      },
      {
        guard: 'isClosed',
        target: '#execution.reconciling',
        actions: ['keepReport', killed],
        ...rule('K3', 'The cancel is confirmed.'),
      },
      cancelReopened,
      { guard: 'isNews', actions: 'keepReport', ...rule('P2 P4', 'More is known, or filled.') },
    ],
    SUBMIT_OUTCOME: lateAcceptance,
    KILL_SWITCH: knowKillSwitch,
    // A cancel that was taken and not confirmed by now is asked for once more.
    DEADLINE: { ...onHardTimeout, actions: 'forgetTakenCancel' },
    RECOVERED: {
      target: '#execution.cancelling',
      reenter: true,
      actions: ['noteRecovery', 'forgetCancelCall', 'scheduleHardTimeout'],
      ...rule('A6 T4', 'Cancelled again unless the broker took it, under the original deadlines.'),
    },
  },
});

/** T = 30 s. The window for late fills is open until T = 32 s. */
export const timeout = executionSetup.createStateConfig({
  description: 'T = 30 s: the order is cancelled, and the window for late fills is open until T = 32 s.',
  entry: ['watchOrder', 'scheduleLateWindow'],
  initial: 'deciding',
  states: {
    deciding: {
      description: 'Is there anything to ask for?',
      always: [...overBefore, cancelSettled, cancelIsUnderWay, cancelGoesOut],
    },
    requesting: {
      ...cancelStates.requesting,
      on: {
        CANCEL_OUTCOME: [
          { ...closedByCancel, actions: ['endCancel', timedOut] },
          {
            guard: 'isWindowOver',
            target: 'looking',
            actions: 'endCancel',
            ...rule('T4', 'The window has closed meanwhile: the order is looked at once more.'),
          },
          ...cancelAnswers,
        ],
        DEADLINE: {
          guard: 'isWindowOverDuringCall',
          actions: 'noteWindowOver',
          ...rule('T4', 'T = 32 s, and a cancel that is under way has its whole time, however late it began.'),
        },
      },
    },
    backingOff: cancelStates.backingOff,
    confirming: cancelStates.confirming,
    looking: {
      description:
        'The window is over, and so is the cancel call that was under way: one more look, whatever it shows.',
      entry: 'lookAtOrder',
      on: {
        ORDER_LOOKED: {
          target: '#execution.reconciling',
          actions: timedOut,
          ...rule('T4 T3', 'Nothing more came to light: what is not filled by now has failed.'),
        },
      },
    },
  },
  on: {
    CANCEL_STARTED: cancelIsMade,
    CANCEL_OUTCOME: cancelIsOver,
    ORDER_REPORT: [
      ...fullFill,
      {
        guard: 'isClosed',
        target: '#execution.reconciling',
        actions: ['keepReport', timedOut],
        ...rule('T3', 'The broker confirms that the order is closed: the window ends at once.'),
      },
      cancelReopened,
      { guard: 'isNews', actions: 'keepReport', ...rule('P2 P4', 'More is known, or filled.') },
    ],
    SUBMIT_OUTCOME: [
      {
        guard: 'isNeverSent',
        target: '#execution.done',
        actions: ['endAttempt', { type: 'decide', params: { status: 'FAILED', reason: 'ORDER_NOT_SENT' } }],
        ...rule('S3 S6', 'The call is answered at last: nothing left the process.'),
      },
      {
        guard: 'isRefusedForGood',
        target: '#execution.done',
        actions: ['endAttempt', rejectedByBroker],
        ...rule('S3 S6', 'The call is answered at last, and by a definite no: nothing is live.'),
      },
      lateAcceptance,
    ],
    KILL_SWITCH: knowKillSwitch,
    DEADLINE: {
      guard: { type: 'isDeadline', params: { name: 'lateWindow' } },
      target: '#execution.reconciling',
      actions: timedOut,
      ...rule('T3 P3', 'T = 32 s: what is not filled by now has failed.'),
    },
    RECOVERED: {
      target: '#execution.timeout',
      reenter: true,
      actions: ['noteRecovery', 'forgetCancelCall'],
      ...rule('A6 T4', 'Cancelled again unless the broker took it, under the original deadlines.'),
    },
  },
});
