/**
 * Mutants of what is kept of a fact, of what commands carry, of what the result says, and of the limits.
 */
import type { CommandOf } from '../machines/execution.commands.js';
import { type ExecutionContext, orderRef } from '../machines/execution.context.js';
import type { FactOf } from '../machines/execution.facts.js';
import * as protecting from '../machines/execution.protecting.js';
import { resultOf } from '../machines/execution.result.js';
import { executionSetup } from '../machines/execution.setup.js';
import * as updates from '../machines/execution.updates.js';
import { withActions, withGuardsAndActions } from './altered-chart.js';
import { type Args, CRASHED, forgets, KILLED, type Mutant, mutant } from './mutant.js';

type Patch = Partial<ExecutionContext>;

/** An action that keeps a fact, as `spoil` would have it. */
const keeps = <Type extends Args['event']['type']>(
  type: Type,
  spoil: (context: ExecutionContext, fact: FactOf<Type>) => Patch,
) => executionSetup.assign(({ context, event }) => spoil(context, updates.expectFact(event, type)));

const { assign, emit } = executionSetup;

const isTakenOrNotFound = ({ event }: Args): boolean =>
  event.type === 'CANCEL_OUTCOME' && (event.outcome === 'not_found' || updates.isTaken(event.outcome));

const later = (name: CommandOf<'scheduleDeadline'>['name'], afterMs: number, from: (args: Args) => number) =>
  emit(({ context, event }) => ({ type: 'scheduleDeadline', name, at: from({ context, event }) + afterMs }));
const firstSubmit = ({ context }: Args): number => context.firstSubmitAt ?? 0;

const tries: readonly Mutant[] = [
  mutant('lists a try that was never made', 'the result counts more calls than there were', () =>
    withActions({ assumeSent: assign(({ context, event }) => updates.assumeAttempt(context, event.at)) }),
  ),
  mutant(
    'does not list the try of an earlier life',
    'an order was filled, and no try is known to have made it',
    forgets('submitted.ready.on.ORDER_REPORT.fillsInTime', 'assumeSent'),
  ),
  mutant(
    'lets T begin with the restart',
    'the deadlines move with the time spent down',
    () =>
      withActions({ assumeAttempt: keeps('RECOVERED', (context, { at }) => updates.assumeAttempt(context, at + 1)) }),
    CRASHED,
  ),
  mutant('forgets how the last try ended', 'the result shows a call without an answer', () =>
    withActions({
      endAttempt: keeps('SUBMIT_OUTCOME', (context, fact) => ({
        order: updates.endAttempt(context, fact).order ?? context.order,
      })),
    }),
  ),
];

const answers: readonly Mutant[] = [
  mutant('drops the baseline', 'what was held before counts as bought', () =>
    withActions({
      keepAnswer: keeps('BROKER_ASKED', (context, fact) => {
        const { baseline: _, ...rest } = updates.keepAnswer(context, fact);
        return rest;
      }),
    }),
  ),
  mutant('drops what others had filled', 'the fills of another execution count twice', () =>
    withActions({
      keepAnswer: keeps('BROKER_ASKED', (context, fact) => {
        const { othersBefore: _, ...rest } = updates.keepAnswer(context, fact);
        return rest;
      }),
    }),
  ),
  mutant('does not adopt the id of the broker', 'an accepted order is looked up by our own id alone', () =>
    withActions({
      endAttempt: keeps('SUBMIT_OUTCOME', (context, fact) => ({
        attempts: updates.endAttempt(context, fact).attempts ?? [],
      })),
    }),
  ),
  mutant('cancels without the id of the broker', 'brokers that know no other cannot cancel', () =>
    withActions({
      cancelOrder: emit(({ context }) => {
        const { clientOrderId, symbol } = orderRef(context);
        return {
          type: 'cancelOrder',
          ref: { clientOrderId, symbol },
          endsAt: firstSubmit({ context, event: { type: 'RECOVERED', at: 0 } }) + 32_000,
        };
      }),
    }),
  ),
];

const cancels: readonly Mutant[] = [
  mutant('believes "not found" of a cancel', 'a cancel that came too early is never sent again', () =>
    withGuardsAndActions(
      { isCancelTaken: isTakenOrNotFound },
      {
        endCancel: assign(({ context, event }) => ({
          cancel: {
            ...context.cancel,
            inFlight: false,
            taken: context.cancel.taken || isTakenOrNotFound({ context, event }),
          },
        })),
      },
    ),
  ),
  mutant(
    'rests on a cancel that was never confirmed',
    'at T = 30 s nothing goes out',
    forgets('cancelling.on.DEADLINE', 'forgetTakenCancel'),
    KILLED,
  ),
  mutant(
    'does not know that a cancel is under way',
    'two cancels at once at T = 30 s',
    forgets('cancelling.deciding.always.otherwise', 'beginCancel'),
    KILLED,
  ),
  mutant(
    'does not read the order after a cancel',
    'the window stays open though the order is closed',
    forgets('timeout.requesting.on.CANCEL_OUTCOME.isCancelTaken', 'queryOrder'),
  ),
  mutant(
    'does not read the order after a cancel that failed',
    'a fill is seen with the next poll',
    forgets('cancelling.requesting.on.CANCEL_OUTCOME.otherwise', 'queryOrder'),
    KILLED,
  ),
  mutant(
    'watches on while it compares',
    'an order that is over is asked about for ever',
    forgets('reconciling', 'unwatchOrder', 'entry'),
  ),
  mutant(
    'watches on when all is over',
    'an order that is over is asked about for ever',
    forgets('done', 'unwatchOrder', 'entry'),
  ),
];

const starts: readonly Mutant[] = [
  mutant(
    'forgets the start of a refused advisory',
    'the result has the time since 1970 for its duration',
    forgets('validating.judging.on.START.V3', 'start'),
  ),
  mutant(
    'forgets how the switches stood at the start',
    'the result hides that a switch was ACTIVE',
    forgets('validating.judging.on.START.V1', 'start'),
    KILLED,
  ),
];

const fills: readonly Mutant[] = [
  mutant(
    'keeps the old protection window after a crash',
    'a naked position has no time left',
    forgets('filled.placing.on.RECOVERED', 'renewProtectionWindow'),
    CRASHED,
  ),
  mutant(
    'keeps it between two tries as well',
    'a naked position has no time left',
    forgets('late.backingOff.on.RECOVERED', 'renewProtectionWindow'),
    CRASHED,
  ),
  mutant(
    'does not list a position without a possible stop',
    'the report names the cause, and not that the position is naked',
    forgets('filled.computing.always.otherwise', 'noteUnprotected'),
  ),
  mutant(
    'does not count the tries to protect',
    'each repeat comes as soon as the first, and the broker is flooded',
    forgets('filled.backingOff.on.DEADLINE.protectionRetry', 'beginProtection'),
  ),
  mutant('forgets a leg that was placed', 'a position that is protected is alarmed', () =>
    withActions({
      endProtection: keeps('PROTECTION_OUTCOME', (context, fact) =>
        protecting.endProtection(
          { ...context, protection: { ...context.protection, stopLoss: 'none', takeProfit: 'none' } },
          fact,
        ),
      ),
    }),
  ),
  mutant('counts the naked window from the last fill', 'the time without protection looks shorter than it was', () =>
    withActions({
      keepReport: keeps('ORDER_REPORT', (context, fact) => ({
        ...updates.keepReport(context, fact),
        firstFillAt: fact.at,
      })),
    }),
  ),
  mutant('reports the approved size', 'a part of the size looks like the whole', () =>
    withActions({
      composeResult: assign(({ context, event }) => {
        const result = resultOf(context, event.at);
        return {
          result:
            result.finalPositionSize === undefined
              ? result
              : { ...result, finalPositionSize: context.snapshot.positionSize },
        };
      }),
    }),
  ),
];

const limits: readonly Mutant[] = [
  mutant('waits 31 s', 'a fill is taken as in time that is not', () =>
    withActions({ scheduleHardTimeout: later('hardTimeout', 31_000, firstSubmit) }),
  ),
  mutant('leaves the window open for 2.5 s', 'an execution ends too late', () =>
    withActions({ scheduleLateWindow: later('lateWindow', 32_500, firstSubmit) }),
  ),
  mutant('tries to protect for 50 s', 'nobody is told of a naked position', () =>
    withActions({
      beginProtection: assign(({ context, event }) => ({
        protection: {
          ...context.protection,
          tries: context.protection.tries + 1,
          endsAt: context.protection.endsAt ?? event.at + 50_000,
        },
      })),
    }),
  ),
  mutant('compares for 50 s', 'a silent broker holds the execution', () =>
    withActions({ scheduleReconciliationEnd: later('reconciliation', 50_000, ({ event }) => event.at) }),
  ),
  mutant('validates for 50 s', 'a silent broker holds the execution', () =>
    withActions({ scheduleValidationEnd: later('validation', 50_000, ({ context }) => context.startedAt) }),
  ),
];

export const mutantsOfKnowledge: readonly Mutant[] = [...starts, ...tries, ...answers, ...cancels, ...fills, ...limits];
