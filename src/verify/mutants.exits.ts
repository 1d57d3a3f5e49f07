/**
 * Mutants of how SL and TP come to stand: exits that are taken and do not work yet, stops that go alone, the call that
 * outlasts the five seconds, and what the venue takes back before the execution is done.
 */
import type { LegOutcome } from '../domain/ports.js';
import type { ExecutionContext } from '../machines/execution.context.js';
import type { FactOf } from '../machines/execution.facts.js';
import { executionGuards } from '../machines/execution.guards.js';
import * as protecting from '../machines/execution.protecting.js';
import { resultOf } from '../machines/execution.result.js';
import { executionSetup } from '../machines/execution.setup.js';
import * as updates from '../machines/execution.updates.js';
import { altered, withActions, withGuards, withGuardsAndActions } from './altered-chart.js';
import { type Args, aims, drops, forgets, type Mutant, mutant, ROUGHLY, ROUGHLY_CRASHED } from './mutant.js';

const { assign } = executionSetup;
const { expectFact } = updates;

/** What a chart keeps of an answer that takes an exit for the one that was asked for. */
const withoutStanding = (context: ExecutionContext): ExecutionContext => {
  const { standing: _told, ...protection } = context.protection;
  return { ...context, protection };
};

const asAskedFor = ({ legs, ...fact }: FactOf<'PROTECTION_OUTCOME'>): FactOf<'PROTECTION_OUTCOME'> => {
  const plain = (leg: LegOutcome): LegOutcome => (leg.kind === 'duplicate' ? { kind: 'duplicate' } : leg);
  return { ...fact, legs: { stopLoss: plain(legs.stopLoss), takeProfit: plain(legs.takeProfit) } };
};

/** Exits that were at the venue before they were asked for (A9). */
const thereBefore: readonly Mutant[] = [
  mutant(
    'takes an exit that was there before for the one that it asked for',
    'the result names a stop-loss where none stands',
    () =>
      withActions({
        endProtection: assign(({ context, event }) =>
          protecting.endProtection(context, asAskedFor(expectFact(event, 'PROTECTION_OUTCOME'))),
        ),
      }),
  ),
  mutant('reports the price that it asked for', 'the result names a stop-loss where none stands', () =>
    withActions({
      composeResult: assign(({ context, event }) => ({ result: resultOf(withoutStanding(context), event.at) })),
    }),
  ),
  mutant('compares with the price that it asked for', 'a stop-loss at another price counts as matched', () =>
    withActions({
      keepReconciliation: assign(({ context, event }) =>
        updates.keepReconciliation(withoutStanding(context), expectFact(event, 'RECONCILED')),
      ),
    }),
  ),
];

/** The answer of a venue, as one that takes "accepted" for "working" would read it. */
function asWorking(fact: FactOf<'PROTECTION_OUTCOME'>): FactOf<'PROTECTION_OUTCOME'> {
  const works = (leg: LegOutcome): LegOutcome =>
    leg.kind === 'accepted' ? { kind: leg.kind, brokerOrderId: leg.brokerOrderId } : leg;
  return { ...fact, legs: { stopLoss: works(fact.legs.stopLoss), takeProfit: works(fact.legs.takeProfit) } };
}

/** What a chart knows that forgets that an exit has filled. */
const withoutExitFill = (context: ExecutionContext): ExecutionContext => {
  const { hasExitFilled: _filled, ...protection } = context.protection;
  return { ...context, protection };
};

const takenAndNotWorking: readonly Mutant[] = [
  mutant(
    'takes an accepted exit for a working one',
    'a stop that the venue refuses 40 ms later counts as protection',
    () =>
      withGuardsAndActions(
        {
          isProtected: ({ context, event }: Args) =>
            executionGuards.isProtected({
              context,
              event: event.type === 'PROTECTION_OUTCOME' ? asWorking(event) : event,
            }),
        },
        {
          endProtection: assign(({ context, event }) =>
            protecting.endProtection(context, asWorking(expectFact(event, 'PROTECTION_OUTCOME'))),
          ),
        },
      ),
    ROUGHLY,
  ),
  mutant(
    'gives exits no time to work',
    'an alarm over exits that work a moment later',
    drops('filled.placing.on.PROTECTION_OUTCOME.isConfirming'),
    ROUGHLY,
  ),
  mutant(
    'waits for exits that it does not watch',
    'an alarm over exits that work',
    forgets('filled.confirming', 'watchExits', 'entry'),
    ROUGHLY,
  ),
  mutant(
    'watches exits that it does not wait for',
    'calls are spent on what nobody reads',
    forgets('filled.confirming', 'unwatchExits', 'exit'),
    ROUGHLY,
  ),
  mutant(
    'does not hear that the exits work',
    'an alarm over exits that work',
    drops('late.on.EXIT_REPORT.isProtected'),
    ROUGHLY,
  ),
  mutant(
    'does not hear that the stop works alone',
    'an alarm over a stop that works',
    drops('filled.on.EXIT_REPORT.isStopAlone'),
    ROUGHLY,
  ),
  mutant(
    'does not hear that an exit is refused late',
    'a naked position is found seconds later',
    drops('filled.confirming.on.EXIT_REPORT'),
    ROUGHLY,
  ),
  mutant(
    'raises no alarm over an exit that is refused late',
    'a naked position, and nobody is told',
    forgets('filled.confirming.on.EXIT_REPORT', 'openUnprotectedCase'),
    ROUGHLY,
  ),
  mutant(
    'does not name an exit that is refused late',
    'the report will not say that the position is naked',
    forgets('filled.confirming.on.EXIT_REPORT', 'noteUnprotected'),
    ROUGHLY,
  ),
  mutant(
    'waits for exits to work for ever',
    'the execution never ends',
    drops('filled.confirming.on.DEADLINE'),
    ROUGHLY,
  ),
  mutant(
    'is content with exits that nobody said work',
    'a position that may be naked, and nobody is told',
    forgets('filled.confirming.on.DEADLINE', 'openUnprotectedCase'),
    ROUGHLY,
  ),
  mutant(
    'waits for a call though the venue says that the exits work',
    'an alarm over exits that work',
    drops('filled.on.EXIT_REPORT.isProtected'),
    ROUGHLY_CRASHED,
  ),
  mutant(
    'waits for a call though the venue says that the stop works alone',
    'an alarm over a stop that works',
    drops('filled.on.EXIT_REPORT.isStopAlone'),
    ROUGHLY_CRASHED,
  ),
  mutant(
    'forgets after a crash that it waited for exits',
    'the execution waits for nothing',
    drops('filled.confirming.on.RECOVERED'),
    ROUGHLY_CRASHED,
  ),
  mutant(
    'takes the end of one exit after the fill of the other for a loss',
    'an alarm over a position that is closed',
    () =>
      withGuardsAndActions(
        {
          isExitLost: ({ context, event }: Args) =>
            executionGuards.isExitLost({ context: withoutExitFill(context), event }),
          isExitNews: ({ context, event }: Args) =>
            executionGuards.isExitNews({ context: withoutExitFill(context), event }),
        },
        {
          keepExitReport: assign(({ context, event }) =>
            protecting.keepExitReport(withoutExitFill(context), expectFact(event, 'EXIT_REPORT')),
          ),
        },
      ),
    ROUGHLY,
  ),
];

const lostAfterwards: readonly Mutant[] = [
  mutant(
    'does not hear that an exit ends while it compares',
    'the result shows a stop that is gone',
    drops('reconciling.asking.on.EXIT_REPORT.isExitLost'),
    ROUGHLY,
  ),
  mutant(
    'raises no alarm over an exit that ends while it compares',
    'a naked position, and nobody is told',
    forgets('reconciling.asking.on.EXIT_REPORT.isExitLost', 'openUnprotectedCase'),
    ROUGHLY,
  ),
  mutant(
    'keeps an exit that has ended while it compares',
    'the result shows a stop that is gone',
    forgets('reconciling.asking.on.EXIT_REPORT.isExitLost', 'keepExitReport'),
    ROUGHLY,
  ),
];

const stopsAlone: readonly Mutant[] = [
  mutant(
    'gives up when the market has passed the take-profit',
    'no stop stands',
    drops('filled.placing.on.PROTECTION_OUTCOME.mayGoAlone'),
    ROUGHLY,
  ),
  mutant(
    'asks for the pair again when the market has passed the take-profit',
    'the pair is refused again, and no stop stands',
    forgets('filled.placing.on.PROTECTION_OUTCOME.mayGoAlone', 'goAlone'),
    ROUGHLY,
  ),
  mutant(
    'gives the take-profit up and asks for nothing',
    'no stop stands',
    forgets('filled.placing.on.PROTECTION_OUTCOME.mayGoAlone', 'placeProtection'),
    ROUGHLY,
  ),
  mutant(
    'takes a stop that stands for a failure',
    'an alarm over a stop that works, and no word of the take-profit',
    drops('filled.placing.on.PROTECTION_OUTCOME.isStopAlone'),
    ROUGHLY,
  ),
  mutant(
    'does not say that the stop stands alone',
    'the report shows two exits where one stands',
    forgets('filled.placing.on.PROTECTION_OUTCOME.isStopAlone', 'noteStopAlone'),
    ROUGHLY,
  ),
  mutant(
    'still counts on a take-profit that was given up',
    'a second alarm over a stop that works',
    () =>
      withActions({
        noteStopAlone: assign(({ context }) => {
          const { takeProfit } = context.protection;
          const noted = protecting.noteStopAlone(context);
          return { ...noted, protection: { ...context.protection, stopsAlone: true as const, takeProfit } };
        }),
      }),
    ROUGHLY_CRASHED,
  ),
  mutant(
    'sends the stop alone for ever',
    'a venue that refuses the stop is flooded',
    () =>
      withGuards({
        mayGoAlone: ({ context, event }: Args) => {
          const { stopsAlone: _alone, ...protection } = context.protection;
          return executionGuards.mayGoAlone({ context: { ...context, protection }, event });
        },
      }),
    ROUGHLY,
  ),
];

const overdue: readonly Mutant[] = [
  mutant(
    'leaves a protection call behind after five seconds',
    'an alarm over exits that are being placed',
    aims('filled.placing.on.DEADLINE', '#execution.reconciling.asking'),
  ),
  mutant(
    'gives the call that outlasts the window no end',
    'a hanging protection call holds the execution',
    forgets('filled.overdue', 'scheduleProtectionCallEnd', 'entry'),
  ),
  mutant(
    'does not hear that the call had its time',
    'a hanging protection call holds the execution',
    drops('filled.overdue.on.DEADLINE'),
  ),
  mutant(
    'raises no alarm over a call that had its time',
    'a naked position, and nobody is told',
    forgets('filled.overdue.on.DEADLINE', 'openUnprotectedCase'),
  ),
  mutant(
    'takes exits that come late for none',
    'an alarm over exits that stand',
    drops('late.overdue.on.PROTECTION_OUTCOME.isProtected'),
  ),
  mutant(
    'raises no alarm over exits that are refused late',
    'a naked position, and nobody is told',
    forgets('filled.overdue.on.PROTECTION_OUTCOME.otherwise', 'openUnprotectedCase'),
  ),
  mutant('tries again after five seconds', 'the execution ends too late', () =>
    altered('filled.overdue.on', (on) => {
      on['PROTECTION_OUTCOME'] = {
        target: 'placing',
        actions: ['endProtection', 'beginProtection', 'placeProtection', 'scheduleProtectionEnd'],
      };
    }),
  ),
];

export const mutantsOfExits: readonly Mutant[] = [
  ...takenAndNotWorking,
  ...thereBefore,
  ...lostAfterwards,
  ...stopsAlone,
  ...overdue,
];
