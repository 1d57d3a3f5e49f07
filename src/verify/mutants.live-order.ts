/**
 * Mutants of `pending`, `cancelling` and `timeout`.
 */
import { compare, isPositive } from '../domain/decimal.js';
import { applyReport } from '../domain/order.js';
import { hardTimeoutAt, lateWindowEndsAt } from '../machines/execution.context.js';
import { executionGuards } from '../machines/execution.guards.js';
import { altered, withGuards } from './altered-chart.js';
import { type Args, aims, CRASHED, drops, forgets, KILLED, type Mutant, mutant, RISKY } from './mutant.js';

const isFullBy = ({ context, event }: Args) =>
  event.type === 'ORDER_REPORT' && compare(event.report.cumQty, context.order.quantity) >= 0;
const isPriced = ({ context, event }: Args) =>
  event.type === 'ORDER_REPORT' && applyReport(context.order, event.report).avgPrice !== undefined;
const fillsWhen = (isTime: (args: Args) => boolean) => (args: Args) => isFullBy(args) && isPriced(args) && isTime(args);

export const mutantsOfLiveOrder: readonly Mutant[] = [
  mutant(
    'drops the cancel on a switch',
    'the order lives on under an ACTIVE switch',
    drops('pending.on.KILL_SWITCH.isCancelledBySwitch'),
    KILLED,
  ),
  mutant(
    'lets RISK_LIMIT cancel',
    'a live order is cancelled that should be left',
    () => withGuards({ isCancelledBySwitch: (args: Args) => executionGuards.isKilled(args) }),
    RISKY,
  ),
  mutant(
    'swaps filled and late',
    'a fill in time is called late',
    aims('pending.on.ORDER_REPORT.fillsInTime', '#execution.late'),
  ),
  mutant('compares with < at T = 30 s', 'a fill at T = 30.000 s is called late', () =>
    withGuards({
      fillsInTime: fillsWhen(({ context, event }) => event.at < hardTimeoutAt(context)),
      fillsLate: fillsWhen(
        ({ context, event }) => event.at >= hardTimeoutAt(context) && event.at <= lateWindowEndsAt(context),
      ),
    }),
  ),
  mutant('compares with < at T = 32 s', 'a fill at T = 32.000 s has failed', () =>
    withGuards({
      fillsLate: fillsWhen(
        ({ context, event }) => event.at > hardTimeoutAt(context) && event.at < lateWindowEndsAt(context),
      ),
      fillsAfterWindow: fillsWhen(({ context, event }) => event.at >= lateWindowEndsAt(context)),
    }),
  ),
  mutant('takes a fill without a price', 'SL and TP have nothing to stand on', () =>
    withGuards({ fillsInTime: (args: Args) => isFullBy(args) && args.event.at <= hardTimeoutAt(args.context) }),
  ),
  mutant('takes any fill for a full one', 'part of the size is called FILLED', () =>
    withGuards({
      fillsInTime: (args: Args) =>
        args.event.type === 'ORDER_REPORT' &&
        isPositive(args.event.report.cumQty) &&
        isPriced(args) &&
        args.event.at <= hardTimeoutAt(args.context),
    }),
  ),
  mutant(
    'forgets a partial fill',
    'what was filled is unknown',
    forgets('pending.on.ORDER_REPORT.isNewsOfPartialFill', 'keepReport'),
  ),
  mutant(
    'ends at once when the broker closes the order',
    'what was filled is neither protected nor compared',
    aims('pending.on.ORDER_REPORT.isClosed', '#execution.done'),
  ),
  mutant(
    'swaps timeout and reconciling',
    'the order is left open at T = 30 s',
    aims('pending.on.DEADLINE', '#execution.reconciling'),
  ),
  mutant('drops the deadline of pending', 'an order that is never filled stays for ever', drops('pending.on.DEADLINE')),
  mutant('forgets to watch after a hanging call', 'a late fill is not seen', forgets('timeout', 'watchOrder', 'entry')),
  mutant(
    'forgets the deadline after a crash',
    'an order that is never filled stays for ever',
    forgets('pending.on.RECOVERED', 'scheduleHardTimeout'),
    CRASHED,
  ),
  mutant(
    'forgets the cancel call',
    'the order is left open',
    forgets('timeout.deciding.always.otherwise', 'cancelOrder'),
  ),
  mutant(
    'waits at T = 30 s for an order that was over before',
    'a fill of less than the size stays naked until T = 32 s',
    drops('timeout.deciding.always.isKeptClosed'),
  ),
  mutant(
    'takes an order that was rejected before T = 30 s for a cancelled one',
    'the status says CANCELLED, and the broker had said no',
    drops('timeout.deciding.always.isKeptRejected'),
  ),
  mutant(
    'drops the guard isCancelSettled',
    'a cancel that was taken is sent again',
    drops('timeout.deciding.always.isCancelSettled'),
    CRASHED,
  ),
  mutant(
    'drops the guard isCancelUnderWay',
    'two cancels at once',
    drops('timeout.deciding.always.isCancelUnderWay'),
    KILLED,
  ),
  mutant(
    'takes any cancel answer for a yes',
    'a cancel that failed is never tried again',
    aims('timeout.requesting.on.CANCEL_OUTCOME.otherwise', 'confirming'),
  ),
  mutant(
    'forgets the next cancel',
    'a cancel that failed is never tried again',
    forgets('timeout.requesting.on.CANCEL_OUTCOME.otherwise', 'scheduleCancelRetry'),
  ),
  mutant(
    'keeps the cancel call over a crash',
    'the cancel is waited for and never sent',
    forgets('timeout.on.RECOVERED', 'forgetCancelCall'),
    CRASHED,
  ),
  mutant(
    'forgets the late window',
    'an unconfirmed cancel holds the execution for ever',
    forgets('timeout', 'scheduleLateWindow', 'entry'),
  ),
  mutant(
    'skips the reconciliation at T = 32 s',
    'nobody looks at what is left',
    aims('timeout.on.DEADLINE', '#execution.done'),
  ),
  mutant('gives the verdict of a switch at T = 32 s', 'a timeout is called CANCELLED', () =>
    altered('timeout.on.DEADLINE', (transition) => {
      transition['actions'] = { type: 'decide', params: { status: 'CANCELLED', reason: 'KILL_SWITCH_ACTIVE' } };
    }),
  ),
  mutant(
    'calls a confirmed cancel a timeout',
    'a kill switch is not what is told',
    forgets('cancelling.on.ORDER_REPORT.isClosed', 'decide'),
    KILLED,
  ),
];
