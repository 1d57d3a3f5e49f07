/**
 * The states of the chart, up to what can make a difference.
 *
 * A chart state is a configuration and a context. Two are one here when they agree in `classOf`; the first that is met
 * stands for all. Why this is sound: what `classOf` leaves out is read by no guard and decides neither whether a command
 * is asked for nor of what type it is, only what it says (ids, times, words, counts of tries) or what the result says
 * beside it. Prices and sizes are few to begin with. A test takes states that were merged and shows that each fact leads
 * both to the same class with the same commands. A law may read more than `classOf` keeps (ids, tries, times): it then
 * judges each step of the state that stands for the class, and that suffices where a fault does not hang on history.
 */
import { hasFill } from '../domain/order.js';
import type { ExecutionContext } from '../machines/execution.context.js';
import { isProtected } from '../machines/execution.context.js';
import type { ChartSnapshot } from './decide.js';
import { type Phase, phaseOf } from './phases.js';

export interface ChartState {
  readonly id: number;
  /** Innermost state last, such as `pending.open`. */
  readonly path: string;
  readonly phase: Phase;
  readonly snapshot: ChartSnapshot;
  readonly context: ExecutionContext;
}

export interface ChartStates {
  /** The one state that stands for the class of the snapshot. */
  of(snapshot: ChartSnapshot): ChartState;
  at(id: number): ChartState;
  readonly size: number;
  /** Snapshots that fell into the class of another one; a sample, for the test of soundness. */
  readonly merged: readonly { readonly kept: ChartState; readonly other: ChartSnapshot }[];
}

const SAMPLE = 4_000;
const SAMPLE_EVERY = 7;

export function chartStates(): ChartStates {
  const ids = new Map<string, number>();
  const states: ChartState[] = [];
  const merged: { kept: ChartState; other: ChartSnapshot }[] = [];
  let merges = 0;

  function at(id: number): ChartState {
    const state = states[id];
    if (state === undefined) throw new RangeError(`there is no chart state ${id}`);
    return state;
  }

  function of(snapshot: ChartSnapshot): ChartState {
    const path = pathOf(snapshot.value);
    const key = classOf(path, snapshot.context);
    const id = ids.get(key);
    if (id !== undefined) {
      const kept = at(id);
      merges += 1;
      if (merges % SAMPLE_EVERY === 0 && merged.length < SAMPLE && kept.snapshot !== snapshot) {
        merged.push({ kept, other: snapshot });
      }
      return kept;
    }
    const { context } = snapshot;
    const state = { id: states.length, path, phase: phaseOf(path, context), snapshot, context };
    ids.set(key, state.id);
    states.push(state);
    return state;
  }

  return {
    of,
    at,
    get size() {
      return states.length;
    },
    merged,
  };
}

/** The chart's state as one path. */
export function pathOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[key, inner] = ['', '']] = Object.entries(value as Record<string, unknown>);
  return `${key}.${pathOf(inner)}`;
}

const flag = (is: boolean): string => (is ? '1' : '0');

/** What of a chart state can make a difference to what comes. */
function classOf(path: string, context: ExecutionContext): string {
  const phase = phaseOf(path, context);
  switch (phase) {
    case 'validate':
      return `${path}|${context.advisoryId}|${context.snapshot.positionSize}|${context.snapshot.slOffsetPct}|${context.snapshot.tpOffsetPct}|${context.snapshot.referencePrice}|${switchOf(context)}`;
    case 'first':
    case 'live':
      return [
        path,
        flag(phase === 'live'),
        orderOf(context),
        attemptOf(context, path),
        cancelOf(context),
        ending(context),
      ].join('|');
    case 'protect':
      return [path, fillOf(context), protectionOf(context), afterwards(context)].join('|');
    case 'compare':
      return [path, fillOf(context), legsOf(context), bracketOf(context), afterwards(context)].join('|');
    case 'over':
      return [
        path,
        flag(context.verdict?.status === 'REJECTED'),
        flag(hasFill(context.order)),
        flag(isProtected(context)),
        flag(context.report === undefined),
        flag(context.report?.requiresManualResolution === true),
      ].join('|');
  }
}

const orderOf = ({ order }: ExecutionContext): string =>
  [
    `${order.status} ${order.cumQty} ${order.avgPrice} ${flag(order.brokerOrderId !== undefined)}`,
    `${order.saidFilledAt} ${flag(order.saidClosed === true)} ${order.restatedTo} ${flag(order.fees !== undefined)} ${correctionsOf({ order })}`,
  ].join(' ');

/** Corrections that are applied: none of them is news again. */
const correctionsOf = ({ order }: Pick<ExecutionContext, 'order'>): string =>
  [...(order.own?.corrections ?? [])].sort().join();

/** How the last try ended decides about the next one; once there is none, only whether it is still open matters. */
function attemptOf({ attempts }: ExecutionContext, path: string): string {
  if (attempts.length === 0) return 'none';
  const outcome = attempts.at(-1)?.outcome ?? 'open';
  return path.startsWith('submitted') || outcome === 'open' ? outcome : 'ended';
}

const cancelOf = ({ cancel }: ExecutionContext): string =>
  flag(cancel.inFlight) + flag(cancel.taken) + flag(cancel.isWindowOver === true);

const switchOf = ({ killSwitch }: ExecutionContext): string =>
  `${killSwitch.effective} ${flag(killSwitch.cancelWanted)}${flag(killSwitch.postFill)}`;

/** Once the order is taken as done, how it ended is history: what was filled, and whether at a price, remains. */
const fillOf = ({ order }: ExecutionContext): string =>
  `${order.cumQty} ${flag(order.avgPrice !== undefined)}${flag(order.fees !== undefined)} ${correctionsOf({ order })}`;

const protectionOf = (context: ExecutionContext): string =>
  `${legsOf(context)} ${flag(context.protection.endsAt === undefined)} ${bracketOf(context)}`;

/**
 * What the exits are for matters as long as a fee may still make it too much. Once the fill is another one, that is told by
 * itself; and no life has a fee beside a correction (`moves.ts`).
 */
function bracketOf({ bracket, order }: ExecutionContext): string {
  if (bracket === undefined) return '';
  const mayBeTooMuch = bracket.filled === order.cumQty && correctionsOf({ order }) === '';
  return `${bracket.valid} ${mayBeTooMuch ? bracket.quantity : ''}`;
}

const legsOf = ({ protection }: Pick<ExecutionContext, 'protection'>): string =>
  `${protection.stopLoss} ${protection.takeProfit} ${flag(protection.stopsAlone === true)}${flag(protection.hasExitFilled === true)}${flag(protection.standing !== undefined)}`;

/** While the order may be live: no verdict, and nothing found. Both are here for charts that are wrong. */
const ending = (context: ExecutionContext): string =>
  [switchOf(context), context.verdict?.status, context.verdict?.reason, context.found.length].join(' ');

/** The verdict stands by then, whatever it is; of what was found it matters whether, and whether the price is named. */
const afterwards = (context: ExecutionContext): string =>
  [
    switchOf(context),
    flag(context.verdict !== undefined),
    flag(context.found.length > 0),
    flag(context.found.some(({ kind }) => kind === 'FILL_PRICE_MISSING')),
  ].join(' ');
