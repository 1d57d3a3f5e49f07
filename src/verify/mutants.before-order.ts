/**
 * Mutants of `validating` and `submitted`, and of the host before the call.
 */
import { executionGuards } from '../machines/execution.guards.js';
import { executionMachine } from '../machines/execution.machine.js';
import { executionSetup } from '../machines/execution.setup.js';
import { altered, withActions, withGuards } from './altered-chart.js';
import {
  type Args,
  aims,
  CRASHED,
  drops,
  forgets,
  KILLED,
  KILLED_AND_CRASHED,
  type Mutant,
  mutant,
  RISKY,
} from './mutant.js';

const timesFrom = (at: (args: Args) => number) =>
  executionSetup.emit(({ context, event }) => ({
    type: 'scheduleDeadline',
    name: 'hardTimeout',
    at: at({ context, event }),
  }));

export const mutantsBeforeOrder: readonly Mutant[] = [
  mutant('drops the guard V1', 'an expired advisory is executed', drops('validating.judging.on.START.V1')),
  mutant('drops the guard V3', 'an order of size zero is executed', drops('validating.judging.on.START.V3')),
  mutant('drops the guard V7', 'a symbol with an open case is traded', drops('validating.judging.on.START.V7')),
  mutant(
    'drops the guard V8',
    'the broker is asked under an ACTIVE switch',
    drops('validating.judging.on.START.V8'),
    KILLED,
  ),
  mutant(
    'drops the guard V9',
    'an order goes out that the broker refuses',
    drops('validating.asking.on.BROKER_ASKED.isRefusedBy'),
  ),
  mutant(
    'forgets the end of validation',
    'a silent broker holds the execution for ever',
    forgets('validating.judging.on.START.otherwise', 'scheduleValidationEnd'),
  ),
  mutant(
    'drops the switch while validating',
    'an ACTIVE switch does not end the validation',
    drops('validating.asking.on.KILL_SWITCH.isKilled'),
    KILLED,
  ),
  mutant(
    'drops the switch before the first call',
    'an ACTIVE switch does not end the execution',
    drops('submitted.ready.on.KILL_SWITCH.isKilledBeforeFirstTry'),
    KILLED,
  ),
  mutant(
    'tries again after a refused last look',
    'an expired advisory is tried again',
    aims('submitted.ready.on.SUBMIT_BLOCKED.isFirstTry', '#execution.submitted.backingOff'),
  ),
  mutant(
    'sends again after a crash before the answer',
    'two orders',
    aims('submitted.calling.on.RECOVERED.otherwise', 'ready'),
    CRASHED,
  ),
  mutant(
    'takes an intent for not sent after a crash',
    'two orders',
    aims('submitted.ready.on.RECOVERED', 'backingOff'),
    CRASHED,
  ),
  mutant('takes an unknown outcome for not sent', 'two orders', () =>
    withGuards({
      mayBeLive: (args: Args) =>
        args.event.type === 'SUBMIT_OUTCOME' &&
        args.event.outcome.kind !== 'unknown' &&
        executionGuards.mayBeLive(args),
      mayTryAgain: (args: Args) =>
        executionGuards.mayTryAgain(args) ||
        (args.event.type === 'SUBMIT_OUTCOME' && args.event.outcome.kind === 'unknown'),
    }),
  ),
  mutant('compares with > in mayTryAgain', 'a further try is begun at T = 30 s', () =>
    withGuards({
      mayTryAgain: (args: Args) =>
        executionGuards.mayTryAgain({ ...args, event: { ...args.event, at: args.event.at - 1 } }),
    }),
  ),
  mutant('tries a definite no again', 'an order that was refused is sent again', () =>
    withGuards({ mayTryAgain: (args: Args) => executionGuards.mayTryAgain(args) || executionGuards.isRejected(args) }),
  ),
  mutant(
    'forgets the next try',
    'the execution waits for nothing',
    forgets('submitted.backingOff', 'scheduleSubmitRetry', 'entry'),
  ),
  mutant(
    'forgets the hard timeout',
    'an order that is never filled stays for ever',
    forgets('submitted.ready.on.SUBMIT_STARTED', 'scheduleHardTimeout'),
  ),
  mutant(
    'counts T from the last fact',
    'the deadline moves with each restart',
    () => withActions({ scheduleHardTimeout: timesFrom(({ event }) => event.at + 30_000) }),
    CRASHED,
  ),
  mutant(
    'ignores a report between two tries',
    'an order that lives is sent again',
    drops('submitted.backingOff.on.ORDER_REPORT.isNews'),
  ),
  mutant(
    'drops the deadline of the call',
    'a hanging submit call holds the execution',
    drops('submitted.calling.on.DEADLINE'),
  ),
  mutant(
    'forgets the switch during the call',
    'the cancel never follows',
    forgets('submitted.calling.on.KILL_SWITCH.isCancelledBySwitch', 'wantCancel'),
    KILLED,
  ),
  mutant(
    'drops the wanted cancel after the call',
    'the cancel never follows',
    drops('submitted.calling.on.SUBMIT_OUTCOME.mayBeLiveAndCancelIsWanted'),
    KILLED,
  ),
  mutant(
    'drops the wanted cancel after a crash',
    'the cancel never follows',
    drops('submitted.calling.on.RECOVERED.isCancelWanted'),
    KILLED_AND_CRASHED,
  ),
  mutant('the host sends without a last look', 'an order goes out behind a closed gate', () => executionMachine, {
    ...RISKY,
    isHostBlind: true,
  }),
  mutant('calls an unknown outcome refused', 'an order that may live is reported as never sent', () =>
    altered('submitted.calling.on.SUBMIT_OUTCOME.mayBeLive', (transition) => {
      transition['target'] = '#execution.done';
      transition['actions'] = ['endAttempt', { type: 'decide', params: { status: 'REJECTED' } }];
    }),
  ),
  mutant('takes the same advisory for a new one', 'two orders for one advisory', () =>
    altered('pending.on', (on) => {
      on['START'] = { target: '#execution.submitted' };
    }),
  ),
];
