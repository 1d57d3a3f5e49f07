/**
 * Mutants of what a venue does beside the plain life of an order: fills taken back or changed, orders that are over with
 * less, cancels that are really made, and the last look.
 */
import type { FactOf } from '../machines/execution.facts.js';
import { executionGuards } from '../machines/execution.guards.js';
import { executionSetup } from '../machines/execution.setup.js';
import * as updates from '../machines/execution.updates.js';
import { altered, withActions, withGuards } from './altered-chart.js';
import {
  aims,
  drops,
  forgets,
  KILLED,
  KILLED_AND_CRASHED,
  type Mutant,
  mutant,
  ROUGHLY,
  ROUGHLY_KILLED,
} from './mutant.js';

type Report = FactOf<'ORDER_REPORT'>;

/** A report as the mutant reads it: without what it leaves out. */
const keepsReport = (spoil: (context: Parameters<typeof updates.keepReport>[0], fact: Report) => updates.Patch) =>
  withActions({
    keepReport: executionSetup.assign(({ context, event }) =>
      spoil(context, updates.expectFact(event, 'ORDER_REPORT')),
    ),
  });

const without = (fact: Report, member: 'correction' | 'quantity'): Report => {
  const { [member]: _left, ...report } = fact.report;
  return { ...fact, report };
};

const beforeTheExits: readonly Mutant[] = [
  mutant(
    'takes a bust for an older report',
    'exits are placed for a fill that is none any more',
    () => keepsReport((context, fact) => updates.keepReport(context, without(fact, 'correction'))),
    ROUGHLY,
  ),
  mutant(
    'keeps the price of a fill that was changed',
    'SL and TP stand on a price that nobody paid',
    () =>
      keepsReport((context, fact) => {
        const kept = updates.keepReport(context, fact);
        const { avgPrice } = context.order;
        if (fact.report.correction === undefined || kept.order === undefined || avgPrice !== undefined) return kept;
        const { avgPrice: _told, ...order } = kept.order;
        return { ...kept, order };
      }),
    ROUGHLY,
  ),
  mutant(
    'keeps no note of a correction',
    'the same bust, told twice, takes two fills back',
    () =>
      keepsReport((context, fact) => {
        const kept = updates.keepReport(context, fact);
        const { own: _own, ...order } = kept.order ?? context.order;
        return { ...kept, order };
      }),
    ROUGHLY,
  ),
  mutant(
    'leaves an order that a bust opens again, under a switch',
    'an order lives on under an ACTIVE switch',
    drops('pending.on.ORDER_REPORT.isReopenedAndCancelIsWanted'),
    ROUGHLY_KILLED,
  ),
  mutant(
    'leaves an order that a bust opens again while it is cancelled',
    'an order lives on under an ACTIVE switch',
    drops('cancelling.on.ORDER_REPORT.isReopened'),
    ROUGHLY_KILLED,
  ),
  mutant(
    'leaves an order that a bust opens again after T = 30 s',
    'an order lives on after T = 30 s',
    drops('timeout.on.ORDER_REPORT.isReopened'),
    ROUGHLY,
  ),
  mutant(
    'forgets the report that opens the order again',
    'the fill that was taken back is still believed',
    forgets('timeout.on.ORDER_REPORT.isReopened', 'keepReport'),
    ROUGHLY,
  ),
];

const afterTheExits: readonly Mutant[] = [
  mutant(
    'does not hear of a bust while it protects',
    'the exits cover what is no longer held, and nobody knows',
    drops('filled.on.ORDER_REPORT.isCorrection'),
    ROUGHLY,
  ),
  mutant(
    'does not hear of a bust while it compares',
    'the exits cover what is no longer held, and nobody knows',
    drops('reconciling.on.ORDER_REPORT.isCorrection'),
    ROUGHLY,
  ),
  mutant(
    'opens no case for a bust',
    'the exits cover what is no longer held, and nobody looks',
    forgets('filled.on.ORDER_REPORT.isCorrection', 'openCorrectionCase'),
    ROUGHLY,
  ),
  mutant(
    'opens a case for a bust and keeps the fill',
    'the result shows a fill that was taken back',
    forgets('late.on.ORDER_REPORT.isCorrection', 'keepCorrection'),
    ROUGHLY,
  ),
  mutant(
    'places the exits anew after a bust',
    'what stands at the venue is asked for a second time, for another size',
    () =>
      altered('filled.on.ORDER_REPORT.isCorrection', (transition) => {
        transition['target'] = '.computing';
      }),
    ROUGHLY,
  ),
  mutant(
    'cancels after a bust',
    'what was taken as done is touched',
    () =>
      altered('filled.on.ORDER_REPORT.isCorrection', (transition) => {
        transition['actions'] = ['keepCorrection', 'openCorrectionCase', 'cancelOrder'];
      }),
    ROUGHLY,
  ),
  mutant(
    'calls a fill that was changed busted',
    'the operator is told that nothing is held',
    () =>
      withActions({
        openCorrectionCase: executionSetup.emit(({ context }) => ({
          type: 'openCase',
          kind: 'FILL_BUSTED',
          mismatches: context.found.slice(-1),
        })),
      }),
    ROUGHLY,
  ),
];

const overWithLess: readonly Mutant[] = [
  mutant(
    'counts a report twice on its way into pending',
    '"filled" with less, told once, closes the order',
    () => withGuards({ isKeptClosed: (args) => executionGuards.isClosed(args) }),
    ROUGHLY,
  ),
  mutant(
    'waits though there is nothing to cancel',
    'a fill of less than the size stays naked until T = 32 s',
    drops('timeout.requesting.on.CANCEL_OUTCOME.isClosed'),
  ),
  mutant(
    'waits though a switch finds nothing to cancel',
    'a fill of less than the size stays naked until T = 32 s',
    drops('cancelling.requesting.on.CANCEL_OUTCOME.isClosed'),
    KILLED,
  ),
  mutant(
    'does not keep what a cancel that finds nothing proves',
    '"filled" with less is asked about until T = 32 s',
    () =>
      withActions({
        endCancel: executionSetup.assign(({ context, event }) => ({
          cancel: updates.endCancel(context, updates.expectFact(event, 'CANCEL_OUTCOME')).cancel ?? context.cancel,
        })),
      }),
  ),
  mutant(
    'does not hear that the order was restated',
    'an order that is over with less is waited for',
    () => keepsReport((context, fact) => updates.keepReport(context, without(fact, 'quantity'))),
    ROUGHLY,
  ),
  mutant(
    'waits for the whole size of an order that is over',
    'a fill of less than the size stays naked until T = 32 s',
    drops('pending.on.ORDER_REPORT.isClosed'),
  ),
  mutant(
    'waits for a restated order after T = 30 s',
    'a fill of less than the size stays naked until T = 32 s',
    drops('timeout.on.ORDER_REPORT.isClosed'),
  ),
];

const lateWakeUps: readonly Mutant[] = [
  mutant('counts a cancel that was never made', 'the record says that it was sent, and nothing was', () =>
    withActions({
      beginCancel: executionSetup.assign(({ context }) => ({
        cancel: {
          ...context.cancel,
          tries: context.cancel.tries + 1,
          inFlight: true,
          calls: (context.cancel.calls ?? 0) + 1,
        },
      })),
    }),
  ),
  mutant(
    'does not know that a cancel is made',
    'the record does not say whether it was sent',
    forgets('timeout.on.CANCEL_STARTED', 'noteCancelCall'),
  ),
  mutant(
    'does not know that the cancel of a switch is made',
    'the record does not say whether it was sent',
    drops('cancelling.on.CANCEL_STARTED'),
    KILLED,
  ),
  mutant(
    'leaves a call under way for ever that nobody waits for',
    'an order that a bust opens again is never cancelled',
    drops('timeout.on.CANCEL_OUTCOME'),
    KILLED,
  ),
  mutant(
    'ends at T = 32 s while the cancel is under way',
    'an order is left open after a late wake-up',
    drops('timeout.requesting.on.DEADLINE'),
  ),
  mutant(
    'forgets that the window closed during the call',
    'a cancel that failed is never the last one',
    forgets('timeout.requesting.on.DEADLINE', 'noteWindowOver'),
  ),
  mutant(
    'tries to cancel for ever after T = 32 s',
    'an execution ends too late',
    drops('timeout.requesting.on.CANCEL_OUTCOME.isWindowOver'),
  ),
  mutant('ends without a last look', 'a fill that the cancel met is not seen', () =>
    altered('timeout.requesting.on.CANCEL_OUTCOME.isWindowOver', (transition) => {
      transition['target'] = '#execution.reconciling';
      transition['actions'] = [
        'endCancel',
        { type: 'decide', params: { status: 'FAILED_TIMEOUT', reason: 'FILL_TIMEOUT' } },
      ];
    }),
  ),
  mutant(
    'waits for a look that it does not ask for',
    'the execution waits for nothing',
    forgets('timeout.looking', 'lookAtOrder', 'entry'),
  ),
  mutant(
    'does not hear that the look is over',
    'the execution waits for ever',
    drops('timeout.looking.on.ORDER_LOOKED'),
  ),
  mutant(
    'gives no verdict after the last look',
    'a timeout has no status of its own',
    forgets('timeout.looking.on.ORDER_LOOKED', 'decide'),
  ),
  mutant(
    'skips the comparison after the last look',
    'nobody looks at what is left',
    aims('timeout.looking.on.ORDER_LOOKED', '#execution.done'),
  ),
  mutant(
    'keeps the cancel call of a switch over a crash',
    'the cancel is waited for and never sent',
    forgets('cancelling.on.RECOVERED', 'forgetCancelCall'),
    KILLED_AND_CRASHED,
  ),
];

export const mutantsOfTheWorld: readonly Mutant[] = [
  ...beforeTheExits,
  ...afterTheExits,
  ...overWithLess,
  ...lateWakeUps,
];
