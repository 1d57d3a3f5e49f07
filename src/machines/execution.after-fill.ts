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

/** Placing SL and TP at the broker, for exactly what is filled. Switches are known of and hold nothing back. */
const protectStates = {
  computing: {
    description: 'SL and TP from the fill price, rounded to the tick.',
    entry: 'computeBracket',
    always: [
      {
        guard: 'isBracketValid',
        target: 'placing',
        actions: ['beginProtection', 'placeProtection', 'scheduleProtectionEnd'],
        ...rule('R2.1 R2.2 B1 B3', 'SL and TP lie on either side of the fill.'),
      },
      { ...unprotected, ...rule('R2.2 M1', 'They would trade at once: neither is placed, and a human looks.') },
    ],
  },
  placing: {
    description: 'The protection call is under way.',
    on: {
      PROTECTION_OUTCOME: [
        {
          guard: 'isProtected',
          target: '#execution.reconciling.asking',
          actions: 'endProtection',
          ...rule('B1 B4', 'Both legs are acknowledged.'),
        },
        {
          guard: 'mayProtectAgain',
          target: 'backingOff',
          actions: 'endProtection',
          ...rule('B2', 'A repeat with the same ids may mend it.'),
        },
        {
          target: '#execution.reconciling.asking',
          actions: ['endProtection', 'noteUnprotected', 'openUnprotectedCase'],
          ...rule('B2 M1', 'A leg is refused, or the time is up: alarmed.'),
        },
      ],
      DEADLINE: {
        guard: { type: 'isDeadline', params: { name: 'protection' } },
        ...unprotected,
        ...rule('B2 M1 E3', 'Five seconds without protection: alarmed.'),
      },
      RECOVERED: {
        actions: ['renewProtectionWindow', 'placeProtection', 'scheduleProtectionEnd'],
        ...rule('A6 B1', 'Placed again with the same ids, which cannot double it.'),
      },
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
          guard: { type: 'isDeadline', params: { name: 'protection' } },
          ...unprotected,
          ...rule('B2 M1 E3', 'Five seconds without protection: alarmed.'),
        },
      ],
      RECOVERED: {
        target: 'placing',
        actions: ['renewProtectionWindow', 'placeProtection', 'scheduleProtectionEnd'],
        ...rule('A6 B1', 'Placed again with the same ids, which cannot double it.'),
      },
    },
  },
} as const;

/** Facts that may still come in once the order is taken as done: kept, and found by the reconciliation. */
const afterwards = {
  ORDER_REPORT: {
    guard: 'isStrayFill',
    actions: 'keepStrayFill',
    ...rule('P5 T5', 'More is filled than was taken as fact: kept.'),
  },
  SUBMIT_OUTCOME: { actions: 'endAttempt', ...rule('S3', 'The answer to the submit call came after the fill.') },
  KILL_SWITCH: knowKillSwitch,
} as const;

export const filled = executionSetup.createStateConfig({
  description: 'The whole size is filled in time. SL and TP follow; the position is never closed.',
  entry: ['unwatchOrder', { type: 'decide', params: { status: 'FILLED' } }],
  initial: 'computing',
  states: protectStates,
  on: afterwards,
});

export const late = executionSetup.createStateConfig({
  description: 'The whole size is filled between T = 30 s and T = 32 s: valid, and protected like any fill.',
  entry: ['unwatchOrder', { type: 'decide', params: { status: 'EXECUTED_FULL_LATE' } }],
  initial: 'computing',
  states: protectStates,
  on: afterwards,
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
    protecting: { description: 'SL and TP for what was filled.', initial: 'computing', states: protectStates },
    asking: {
      description: 'The broker is asked once.',
      entry: ['reconcile', 'scheduleReconciliationEnd'],
      on: {
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
