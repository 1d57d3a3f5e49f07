/**
 * `filled`, `late` and `reconciling`: a position is protected, then compared with the broker once.
 *
 * No transition of this file cancels, closes or moves anything (R4, B3).
 */
import { executionSetup, knowKillSwitch, rule } from './execution.setup.js';

const unprotected = {
  target: '#execution.reconciling.asking',
  actions: ['noteUnprotected', 'openUnprotectedCase'],
} as const;

const protectionIsOver = { type: 'isDeadline', params: { name: 'protection' } } as const;

const reportIsKept = {
  guard: 'isExitNews',
  actions: 'keepExitReport',
  ...rule('B5', 'What the venue says of an exit: kept.'),
} as const;

const placedAgain = {
  actions: ['renewProtectionWindow', 'placeProtection', 'scheduleProtectionEnd'],
  ...rule('A6 B1', 'Placed again with the same ids, which cannot double it.'),
} as const;

/** What the answer to the call says of both legs, or of the stop-loss alone. */
const bothWork = {
  guard: 'isProtected',
  target: '#execution.reconciling.asking',
  actions: 'endProtection',
  ...rule('B1 B4 B5', 'Both legs work.'),
} as const;

const stopStandsAlone = {
  guard: 'isStopAlone',
  target: '#execution.reconciling.asking',
  actions: ['endProtection', 'noteStopAlone'],
  ...rule('B5', 'The market has passed the take-profit: the stop-loss stands alone, and the report says so.'),
} as const;

const failedPlacement = {
  target: '#execution.reconciling.asking',
  actions: ['endProtection', 'noteUnprotected', 'openUnprotectedCase'],
  ...rule('B2 M1', 'A leg is refused, or the time is up: alarmed.'),
} as const;

/** Placing SL and TP at the broker, for what the fill left in the account. Switches are known of and hold nothing back. */
const protectStates = {
  computing: {
    description: 'SL and TP from the fill price, rounded to the tick; their quantity, rounded down to the lot.',
    entry: 'computeBracket',
    always: [
      {
        guard: 'isPlaceable',
        target: 'placing',
        actions: ['beginProtection', 'placeProtection', 'scheduleProtectionEnd'],
        ...rule('R2.1 R2.2 B1 B3 B6', 'SL and TP lie on either side of the fill, for what is held in whole lots.'),
      },
      {
        guard: 'isBracketValid',
        ...unprotected,
        ...rule('B6 M1', 'What is held is less than a lot: nothing can be placed, and a human looks.'),
      },
      { ...unprotected, ...rule('R2.2 M1', 'They would trade at once: neither is placed, and a human looks.') },
    ],
  },
  placing: {
    description: 'The protection call is under way.',
    on: {
      PROTECTION_OUTCOME: [
        bothWork,
        stopStandsAlone,
        {
          guard: 'mayGoAlone',
          target: 'placing',
          actions: ['endProtection', 'goAlone', 'beginProtection', 'placeProtection'],
          ...rule('B5 B2', 'The market has passed the take-profit: the stop-loss goes alone, at once.'),
        },
        {
          guard: 'mayProtectAgain',
          target: 'backingOff',
          actions: 'endProtection',
          ...rule('B2', 'A repeat with the same ids may mend it.'),
        },
        {
          guard: 'isConfirming',
          target: 'confirming',
          actions: 'endProtection',
          ...rule('B5', 'Taken, and not said to work yet: that is not placed.'),
        },
        failedPlacement,
      ],
      DEADLINE: {
        guard: protectionIsOver,
        target: 'overdue',
        ...rule('B2 T4', 'Five seconds are over: the call under way has its whole time, and no further one begins.'),
      },
      RECOVERED: placedAgain,
    },
  },
  overdue: {
    description: 'No further try begins; the call that is under way has its whole time.',
    entry: 'scheduleProtectionCallEnd',
    on: {
      PROTECTION_OUTCOME: [bothWork, stopStandsAlone, failedPlacement],
      DEADLINE: {
        guard: { type: 'isDeadline', params: { name: 'protectionCall' } },
        ...unprotected,
        ...rule('B2 M1 E3', 'No answer in its whole time: alarmed.'),
      },
      RECOVERED: { target: 'placing', ...placedAgain },
    },
  },
  confirming: {
    description: 'The exits are taken by the venue. They are placed when it says that they work.',
    entry: 'watchExits',
    exit: 'unwatchExits',
    on: {
      EXIT_REPORT: {
        guard: 'isExitLost',
        target: '#execution.reconciling.asking',
        actions: ['keepExitReport', 'noteUnprotected', 'openUnprotectedCase'],
        ...rule('B5 B2 M1', 'The venue refuses what it had taken: a failed placement, alarmed.'),
      },
      DEADLINE: {
        guard: protectionIsOver,
        ...unprotected,
        ...rule('B5 B2 M1 E3', 'Five seconds, and the venue does not say that they work: alarmed.'),
      },
      RECOVERED: { target: 'placing', ...placedAgain },
    },
  },
  backingOff: {
    description: 'Placed again shortly, with the same ids.',
    entry: 'scheduleProtectionRetry',
    on: {
      DEADLINE: [
        {
          guard: { type: 'isDeadline', params: { name: 'protectionRetry' } },
          target: 'placing',
          actions: ['beginProtection', 'placeProtection'],
          ...rule('B2', 'The next try.'),
        },
        {
          guard: protectionIsOver,
          ...unprotected,
          ...rule('B2 M1 E3', 'Five seconds without protection: alarmed.'),
        },
      ],
      RECOVERED: { target: 'placing', ...placedAgain },
    },
  },
} as const;

/** What the venue says of the exits ends every wait for them, whether or not a call is under way. */
const saidOfExits = [
  {
    guard: 'isProtected',
    target: '#execution.reconciling.asking',
    actions: 'keepExitReport',
    ...rule('B5 B4', 'Both legs work.'),
  },
  {
    guard: 'isStopAlone',
    target: '#execution.reconciling.asking',
    actions: ['keepExitReport', 'noteStopAlone'],
    ...rule('B5', 'The stop-loss works, and stands alone.'),
  },
  reportIsKept,
] as const;

/** Facts that may still come in once the order is taken as done: kept, and found by the reconciliation. */
const afterwards = {
  ORDER_REPORT: [
    {
      guard: 'isCorrection',
      actions: ['keepCorrection', 'openCorrectionCase'],
      ...rule(
        'P8 M1',
        'A fill is taken back or changed after its exits were asked for: a human looks, nothing is moved.',
      ),
    },
    {
      guard: 'isStrayFill',
      actions: 'keepStrayFill',
      ...rule('P5 T5', 'More is filled than was taken as fact: kept.'),
    },
    {
      guard: 'isNewsOfFees',
      actions: 'keepReport',
      ...rule('B6', 'More is told of the same fill, such as its fee: kept.'),
    },
  ],
  SUBMIT_OUTCOME: { actions: 'endAttempt', ...rule('S3', 'The answer to the submit call came after the fill.') },
  KILL_SWITCH: knowKillSwitch,
} as const;

export const filled = executionSetup.createStateConfig({
  description: 'The whole size is filled in time. SL and TP follow; the position is never closed.',
  entry: ['unwatchOrder', { type: 'decide', params: { status: 'FILLED' } }],
  initial: 'computing',
  states: protectStates,
  on: { ...afterwards, EXIT_REPORT: saidOfExits },
});

export const late = executionSetup.createStateConfig({
  description: 'The whole size is filled between T = 30 s and T = 32 s: valid, and protected like any fill.',
  entry: ['unwatchOrder', { type: 'decide', params: { status: 'EXECUTED_FULL_LATE' } }],
  initial: 'computing',
  states: protectStates,
  on: { ...afterwards, EXIT_REPORT: saidOfExits },
});

export const reconciling = executionSetup.createStateConfig({
  description:
    'One order query, one position query, no correction. What a closed order filled in part is protected first.',
  entry: 'unwatchOrder',
  initial: 'deciding',
  states: {
    deciding: {
      description: 'Is there a fill that has no SL and TP yet?',
      always: [
        {
          guard: 'hasFillToProtect',
          target: 'protecting',
          ...rule('B1', 'A closed order left a fill: exactly that is protected.'),
        },
        {
          guard: 'hasFillWithoutPrice',
          target: 'asking',
          actions: ['computeBracket', 'noteUnprotected', 'openUnprotectedCase'],
          ...rule('P3 M1', 'A fill without a price cannot be protected: a human looks.'),
        },
        { target: 'asking', ...rule('R6.1', 'Nothing is held.') },
      ],
    },
    protecting: {
      description: 'SL and TP for what was filled.',
      initial: 'computing',
      states: protectStates,
      on: { EXIT_REPORT: saidOfExits },
    },
    asking: {
      description: 'The broker is asked once.',
      entry: ['reconcile', 'scheduleReconciliationEnd'],
      on: {
        EXIT_REPORT: [
          {
            guard: 'isExitLost',
            actions: ['keepExitReport', 'noteUnprotected', 'openUnprotectedCase'],
            ...rule('B5 M1', 'An exit that was placed is refused or ends at once: it does not stand, alarmed.'),
          },
          reportIsKept,
        ],
        RECONCILED: {
          target: 'judging',
          actions: 'keepReconciliation',
          ...rule('R6.1 R6.2 R6.3', 'Both answers are in.'),
        },
        DEADLINE: {
          guard: { type: 'isDeadline', params: { name: 'reconciliation' } },
          target: 'judging',
          actions: 'failReconciliation',
          ...rule('E3 R6.3', 'Ten seconds without an answer: what the broker holds is unknown.'),
        },
        RECOVERED: { target: 'asking', reenter: true, ...rule('A6', 'The answer was not recorded: asked again.') },
      },
    },
    judging: {
      description: 'Do both sides agree?',
      always: [
        {
          guard: 'needsHuman',
          target: '#execution.done',
          actions: 'openMismatchCase',
          ...rule('R6.4 M1', 'Any difference opens a case.'),
        },
        { target: '#execution.done', ...rule('R6.3', 'Both sides agree.') },
      ],
    },
  },
  on: afterwards,
});
