/**
 * Mutants of `filled`, `late`, `reconciling` and `done`.
 */
import type { ExecutionContext } from '../machines/execution.context.js';
import { executionSetup } from '../machines/execution.setup.js';
import { altered, withActions, withGuards } from './altered-chart.js';
import { type Args, aims, CRASHED, drops, forgets, KILLED, type Mutant, mutant, SOLD } from './mutant.js';

const endsAfterEachTry = executionSetup.assign(({ context, event }) => ({
  protection: { ...context.protection, tries: context.protection.tries + 1, endsAt: event.at + 5_000 },
}));

const GOOD_BRACKET = { stopLoss: '147.98', takeProfit: '155.53', valid: true } as unknown as NonNullable<
  ExecutionContext['bracket']
>;

export const mutantsAfterFill: readonly Mutant[] = [
  mutant('forgets the verdict FILLED', 'a fill is reported as a failure', forgets('filled', 'decide', 'entry')),
  mutant('is content with the stop-loss', 'a position without a take-profit counts as protected', () =>
    withGuards({
      isProtected: ({ event }: Args) =>
        event.type === 'PROTECTION_OUTCOME' && ['accepted', 'duplicate'].includes(event.legs.stopLoss.kind),
    }),
  ),
  mutant('places SL and TP that would trade at once', 'protection closes the position', () =>
    withGuards({ isPlaceable: () => true }),
  ),
  mutant('protects the approved size', 'the exit is greater than the position', () =>
    withActions({
      computeBracket: executionSetup.assign(({ context }) => ({
        bracket: { ...GOOD_BRACKET, quantity: context.snapshot.positionSize },
      })),
    }),
  ),
  mutant(
    'protects a sale as if it were a purchase',
    'SL and TP lie on the wrong sides',
    () => withActions({ computeBracket: executionSetup.assign({ bracket: GOOD_BRACKET }) }),
    SOLD,
  ),
  mutant('renews the window with each try', 'protection is tried for ever', () =>
    withActions({ beginProtection: endsAfterEachTry }),
  ),
  mutant(
    'drops the end of the window',
    'a hanging protection call holds the execution',
    drops('filled.placing.on.DEADLINE'),
  ),
  mutant(
    'forgets the next protection',
    'the execution waits for nothing',
    forgets('filled.backingOff', 'scheduleProtectionRetry', 'entry'),
  ),
  mutant(
    'forgets the alarm',
    'a naked position is found seconds later',
    forgets('filled.placing.on.PROTECTION_OUTCOME.otherwise', 'openUnprotectedCase'),
  ),
  mutant(
    'forgets what it found',
    'a naked position is reported as matched',
    forgets('filled.placing.on.PROTECTION_OUTCOME.otherwise', 'noteUnprotected'),
  ),
  mutant(
    'drops the protection of a part',
    'a partial fill stays naked',
    drops('reconciling.deciding.always.hasFillToProtect'),
  ),
  mutant(
    'lets a kill switch end the protection',
    'a kill switch leaves the position naked',
    () =>
      altered('filled.on', (on) => {
        on['KILL_SWITCH'] = { target: '#execution.reconciling.asking', actions: 'noteKillSwitch' };
      }),
    KILLED,
  ),
  mutant(
    'sells what was filled when a switch goes ACTIVE',
    'a kill switch closes the position',
    () =>
      altered('filled.on', (on) => {
        on['KILL_SWITCH'] = { actions: ['noteKillSwitch', 'submitOrder'] };
      }),
    KILLED,
  ),
  mutant(
    'does not place again after a crash',
    'a position stays naked',
    forgets('filled.placing.on.RECOVERED', 'placeProtection'),
    CRASHED,
  ),
  mutant('drops a stray fill', 'a fill after the fill is forgotten', drops('filled.on.ORDER_REPORT')),
  mutant(
    'forgets killSwitchPostFill',
    'the result hides that a switch was ACTIVE',
    () =>
      withActions({
        noteKillSwitch: executionSetup.assign(({ context, event }) =>
          event.type === 'KILL_SWITCH' ? { killSwitch: { ...context.killSwitch, effective: event.effective } } : {},
        ),
      }),
    KILLED,
  ),
  mutant(
    'ends without a judgement',
    'a mismatch opens no case',
    aims('reconciling.asking.on.RECONCILED', '#execution.done'),
  ),
  mutant(
    'forgets the case',
    'a mismatch opens no case',
    forgets('reconciling.judging.always.needsHuman', 'openMismatchCase'),
  ),
  mutant('drops the guard needsHuman', 'a mismatch opens no case', drops('reconciling.judging.always.needsHuman')),
  mutant(
    'forgets the end of the reconciliation',
    'a silent broker holds the execution',
    forgets('reconciling.asking', 'scheduleReconciliationEnd', 'entry'),
  ),
  mutant(
    'asks the broker until it agrees',
    'the reconciliation is not one look',
    aims('reconciling.judging.always.needsHuman', 'asking'),
  ),
  mutant(
    'does not ask again after a crash',
    'the execution waits for nothing',
    drops('reconciling.asking.on.RECOVERED'),
    CRASHED,
  ),
  mutant('forgets to finish', 'nobody hears the result', forgets('done', 'finish', 'entry')),
];
