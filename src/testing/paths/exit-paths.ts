/**
 * Paths through the life of the exits (B7): what a venue, a position and a restart can tell the chart, one of each kind that
 * differs.
 *
 * Facts follow each other in time: the received time of each is later than all that the exits know of.
 */
import type { Decimal } from '../../domain/decimal.js';
import type { ExitFact, ExitLeg } from '../../domain/exits.js';
import { EXIT_GRACE_MS, POSITION_LIMIT_MS } from '../../domain/limits.js';
import type { ProtectionContext } from '../../machines/protection.context.js';
import type { ProtectionDeadlineName, ProtectionFact, ProtectionInput } from '../../machines/protection.facts.js';
import { protectionMachine } from '../../machines/protection.machine.js';
import { type ChartPaths, chartPaths } from './chart-paths.js';
import type { Unreachable } from './unreachable.js';

const decimalOf = (text: string): Decimal => text as Decimal;
const ZERO = decimalOf('0');
const OPENED_AT = 1_000_000;

const bought: ProtectionInput = {
  advisoryId: 'ADV-1',
  snapshotHash: 'hash',
  clientOrderId: 'fc-1',
  symbol: 'AAPL',
  side: 'buy',
  quantity: decimalOf('100'),
  unprotectedQuantity: ZERO,
  entryPrice: decimalOf('151'),
  openedAt: OPENED_AT,
  nativeOco: false,
};
const stopLoss = { price: decimalOf('147.98'), isPlaced: true };
const takeProfit = { price: decimalOf('155.53'), isPlaced: true };

/** How an execution can leave its exits. */
const STARTS: readonly ProtectionInput[] = [
  { ...bought, sl: stopLoss, tp: takeProfit },
  { ...bought, sl: stopLoss },
  bought,
];

/** What a venue says of a stop-loss: open, filled in part or whole, with and without a price, shrunk, over. */
const REPORTS: readonly ExitFact[] = [
  { status: 'open', cumQty: ZERO },
  { status: 'open', cumQty: ZERO, quantity: decimalOf('60') },
  { status: 'open', cumQty: ZERO, price: decimalOf('140') },
  { status: 'open', cumQty: decimalOf('40'), avgPrice: decimalOf('150') },
  { status: 'filled', cumQty: decimalOf('100'), avgPrice: decimalOf('150') },
  { status: 'filled', cumQty: decimalOf('100') },
  { status: 'cancelled', cumQty: ZERO },
];

/** Of each what matters to the other: the stop-loss may lack the price of its fill, or be moved; the take-profit may shrink. */
const OF_LEG = {
  sl: REPORTS.filter(({ quantity }) => quantity === undefined),
  tp: REPORTS.filter(
    ({ status, avgPrice, price }) => (status !== 'filled' || avgPrice !== undefined) && price === undefined,
  ),
};

/** An answer that no path can bring about, and why. */
export const UNREACHABLE_FOR_EXITS: readonly Unreachable[] = [
  {
    what: /^working\|EXIT_ABSENT\|0 \[isDecisive\] false$/,
    why: 'an exit that is over while the position is held has led out of working before',
  },
];

/** The engine drops what the chart makes nothing of (`actors/protection-host.ts`): nothing would follow. */
export const UNREACHABLE_FOR_EXITS_ON_ENGINE: readonly Unreachable[] = [
  ...UNREACHABLE_FOR_EXITS,
  { what: /\|EXIT_REPORT\|\d+ \[isAmended\] false$/, why: 'a report that says nothing new' },
  { what: /\|EXIT_ABSENT\|\d+ \[isDecisive\] false$/, why: 'an exit whose absence is known' },
  { what: /\|DEADLINE\|\d+ \[isDeadline\(\w+\)\] false$/, why: 'a timer that outlived its state' },
  { what: /^lost\|POSITION_SEEN\|0 \[isGone\] false$/, why: 'a position that is held: known, and told' },
];

const NOTHING_ELSE = { least: ZERO, most: ZERO };
const DEADLINES: readonly ProtectionDeadlineName[] = ['siblingGone', 'exitSize', 'exitLook', 'positionRetry'];

/** The time of the last thing that the exits know of. */
const latest = ({ openedAt, closedAt = 0, graceEndsAt = 0, doubtSince = 0, amended }: ProtectionContext): number =>
  Math.max(openedAt, closedAt, graceEndsAt, doubtSince, OPENED_AT, ...shownSince(amended));

const shownSince = (amended: ProtectionContext['amended'] = {}): readonly number[] =>
  Object.values(amended).map(({ since }) => since);

type Snapshot = Parameters<typeof protectionMachine.transition>[0];

function next({ status, value, context }: Snapshot): readonly ProtectionFact[] {
  if (status !== 'active') return [];
  if (value === 'starting') return STARTS.map((input) => ({ type: 'START', at: OPENED_AT, input }));
  const at = latest(context) + 100;
  const legs: readonly ExitLeg[] = context.exits.map(({ leg }) => leg);
  const late = Math.max(at, (context.doubtSince ?? 0) + POSITION_LIMIT_MS);
  /** Once what an exit is shown as has stood for a while. */
  const again = shownSince(context.amended).length === 0 ? [] : [at + EXIT_GRACE_MS];
  const reports = (time: number) =>
    legs.flatMap((leg) =>
      OF_LEG[leg].map((report): ProtectionFact => ({ type: 'EXIT_REPORT', at: time, leg, report })),
    );
  return [
    ...[at, ...again].flatMap(reports),
    ...legs.map((leg): ProtectionFact => ({ type: 'EXIT_ABSENT', at, leg })),
    {
      type: 'POSITION_SEEN',
      at,
      seen: { kind: 'position', size: ZERO, isOwn: false, others: NOTHING_ELSE },
    },
    {
      type: 'POSITION_SEEN',
      at,
      seen: { kind: 'position', size: context.quantity, isOwn: true, others: NOTHING_ELSE },
    },
    { type: 'POSITION_SEEN', at, seen: { kind: 'failed', cause: 'silent' } },
    { type: 'POSITION_SEEN', at: late, seen: { kind: 'failed', cause: 'silent' } },
    { type: 'POSITION_SEEN', at, seen: { kind: 'untold' } },
    ...DEADLINES.map((name): ProtectionFact => ({ type: 'DEADLINE', at: at + EXIT_GRACE_MS, name })),
    { type: 'RECOVERED', at },
  ];
}

/** Times are left out: what hangs on them is told at a time of its own. */
function key({ value, context }: Snapshot): string {
  const { exits, closedElsewhere, lastFilled, lossesTold, amended = {}, told, unanswered } = context;
  const known = exits.map(({ leg, status, cumQty, quantity, avgPrice }) => [leg, status, cumQty, quantity, avgPrice]);
  const shown = exits.map(({ leg }) => [amended[leg]?.price, amended[leg]?.quantity, amended[leg]?.isSuspended]);
  return JSON.stringify([value, known, closedElsewhere, lastFilled, lossesTold, shown, told, unanswered > 0]);
}

function inWords(fact: ProtectionFact): string {
  switch (fact.type) {
    case 'START':
      return `starts with ${[fact.input.sl && 'SL', fact.input.tp && 'TP'].filter(Boolean).join(' and ') || 'no exit'}`;
    case 'EXIT_REPORT': {
      const { status, cumQty, avgPrice, quantity, price: standsAt } = fact.report;
      const price = `${avgPrice === undefined ? '' : ` @ ${avgPrice}`}${standsAt === undefined ? '' : ` at ${standsAt}`}`;
      return `${fact.leg} ${status} ${cumQty}${quantity === undefined ? '' : ` of ${quantity}`}${price}`;
    }
    case 'EXIT_ABSENT':
      return `${fact.leg} not found`;
    case 'POSITION_SEEN':
      return `position ${fact.seen.kind === 'position' ? fact.seen.size : fact.seen.kind}`;
    case 'DEADLINE':
      return `deadline ${fact.name}`;
    case 'RECOVERED':
      return 'restart';
  }
}

let known: ChartPaths<ProtectionFact> | undefined;

/** Generated once, when it is first asked for. */
export function exitPaths(): ChartPaths<ProtectionFact> {
  known ??= chartPaths({
    machine: protectionMachine,
    letter: 'X',
    unreachable: UNREACHABLE_FOR_EXITS,
    next,
    key,
    inWords,
  });
  return known;
}
