/**
 * The laws that a state can break: of the chart and of the world around it.
 */
import { hasFill } from '../domain/order.js';
import { isProtected } from '../machines/execution.context.js';
import type { ChartState } from './chart-states.js';
import { deadlineBit } from './phases.js';
import type { Broken } from './step-laws.js';
import type { World } from './world.js';

/** What a state waits for; without it, only luck would end it. */
type Awaited = (world: World, context: ChartState['context']) => boolean;

const set =
  (name: Parameters<typeof deadlineBit>[0]): Awaited =>
  ({ deadlines }) =>
    (deadlines & deadlineBit(name)) !== 0;
const all =
  (...conditions: Awaited[]): Awaited =>
  (world, context) =>
    conditions.every((holds) => holds(world, context));

const placing = all(set('protection'), ({ protect, protectWaits }) => protect + protectWaits > 0);
const overdue = all(set('protectionCall'), ({ protect, protectWaits }) => protect + protectWaits > 0);
const AWAITED: readonly (readonly [RegExp, Awaited, string])[] = [
  [/^validating\.asking$/, all(set('validation'), ({ ask }) => ask === 1), 'the broker, for 10 s'],
  [/^submitted\.ready$/, ({ submitWaits }) => submitWaits === 1, 'the submit call'],
  [/^submitted\.calling$/, ({ submit }) => submit === 1, 'the answer to the submit call'],
  [/^submitted\.backingOff$/, set('submitRetry'), 'the next try to submit'],
  [/^(?:submitted\.(?:calling|backingOff)|pending|cancelling)/, set('hardTimeout'), 'T = 30 s'],
  [/^timeout\.(?:backingOff|confirming)/, set('lateWindow'), 'T = 32 s'],
  [
    /^timeout\.requesting/,
    (world, { cancel }) =>
      cancel.isWindowOver === true
        ? world.cancel + world.cancelWaits > 0
        : (world.deadlines & deadlineBit('lateWindow')) !== 0,
    'T = 32 s, or the cancel that is under way then',
  ],
  [/^timeout\.looking/, ({ look }) => look === 1, 'one more look'],
  [/\.placing$/, placing, 'protection, for 5 s'],
  [/\.overdue$/, overdue, 'the protection call that is under way'],
  [
    /(?:filled|late|protecting)\.confirming$/,
    all(set('protection'), ({ exitsWatched }) => exitsWatched === 1),
    'the venue to say that the exits work, for 5 s',
  ],
  [
    /(?:filled|late|protecting)\.backingOff$/,
    all(set('protection'), set('protectionRetry')),
    'the next try to protect',
  ],
  [/^reconciling\.asking$/, all(set('reconciliation'), ({ reconcile }) => reconcile === 1), 'the one look, for 10 s'],
];

const awaitedBy = new Map<string, readonly (typeof AWAITED)[number][]>();

function waitsInVain({ path, context }: ChartState, world: World): string | undefined {
  let rows = awaitedBy.get(path);
  if (rows === undefined) {
    rows = path === 'pending.placing' ? [] : AWAITED.filter(([pattern]) => pattern.test(path));
    awaitedBy.set(path, rows);
  }
  for (const [, holds, what] of rows)
    if (!holds(world, context)) return `${path} waits for ${what}, and nothing is under way`;
  return undefined;
}

function isLeftAlone({ path, phase, context }: ChartState, world: World): string | undefined {
  if ((phase === 'protect' || phase === 'compare') && world.watched === 1) {
    return 'an order that is taken as done is still watched';
  }
  const isPending = path.startsWith('pending');
  const isCancelling = path.startsWith('cancelling') || path.startsWith('timeout');
  if (!isPending && !isCancelling) return undefined;
  if (world.watched === 0) return 'an order that may be live is not watched';
  const { order, killSwitch, cancel } = context;
  if (order.status !== 'open') return undefined;
  if (isPending)
    return killSwitch.cancelWanted ? 'a kill switch wants the order gone, and it is not cancelled' : undefined;
  // The window is over, and the cancel has had its time: what is left is to look.
  if (path === 'timeout.looking') return undefined;
  const isAsked =
    cancel.taken || world.cancel + world.cancelWaits > 0 || (world.deadlines & deadlineBit('cancelRetry')) !== 0;
  return isAsked ? undefined : 'an open order is neither cancelled nor about to be';
}

function* brokenAtEnd({ context }: ChartState, world: World): Iterable<Broken> {
  const { order, report, verdict, result } = context;
  const needsHuman = report?.requiresManualResolution === true;
  if (result === undefined) yield { law: 'L11', why: 'done without a result' };
  if (hasFill(order) && !isProtected(context) && !(needsHuman && world.hasCase === 1)) {
    yield { law: 'L7', why: `${order.cumQty} is filled and unprotected, and no case says so` };
  }
  if (world.reached >= 2 && report === undefined) {
    yield { law: 'L8', why: 'the order may have reached the broker, and the broker was not asked' };
  }
  if (world.reached <= 1 && report !== undefined)
    yield { law: 'L8', why: 'nothing reached the broker, and it was asked' };
  if (needsHuman && world.hasCase === 0)
    yield { law: 'L10', why: 'manual resolution is required, and no case is open' };
  if (verdict?.status === 'REJECTED' && world.reached !== 0) {
    yield { law: 'L9', why: 'refused before any order, and a submit call was made' };
  }
}

/** The laws that the state breaks. */
export function* brokenByState(state: ChartState, world: World): Iterable<Broken> {
  if (state.phase === 'over') {
    yield* brokenAtEnd(state, world);
    return;
  }
  const vain = waitsInVain(state, world);
  if (vain !== undefined) yield { law: 'L11', why: vain };
  const alone = isLeftAlone(state, world);
  if (alone !== undefined) yield { law: 'L15', why: alone };
}
