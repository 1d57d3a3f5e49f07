/**
 * Exits that the venue shows otherwise than they were placed: at another price or for another quantity, since somebody has
 * changed them there, or suspended, so that they do not trigger (B7). Pure functions of what is known and of the report in hand.
 *
 * 1. One look proves nothing. An exit that fills in part shrinks its sibling, and may be told after it: another size stands
 *    once the sibling has been told again, after a while, with nothing more filled. Another price, or a suspension, stands when it
 *    is told again after a while.
 * 2. What stands is asked for with each report that shows it: what cases have told of it, their keeper knows (M5).
 * 3. A sibling that has not shrunk after a fill is looked for by the chart's own states.
 */
import { isPositive, lessThan, subtract } from '../domain/decimal.js';
import { type AmendedExit, type Exit, type ExitLeg, exitIdOf, isOver } from '../domain/exits.js';
import { EXIT_GRACE_MS } from '../domain/limits.js';
import { type Mismatch, mismatch } from '../domain/reconciliation.js';
import { isPartlyClosed, type ProtectionContext, restOf } from './protection.context.js';
import type { ProtectionFact } from './protection.facts.js';

type Amended = ProtectionContext['amended'];

/** What the exits are shown as after a fact, which left them as `exits`. Returns the very same object when nothing changes. */
export function amendedAfter(context: ProtectionContext, exits: readonly Exit[], fact: ProtectionFact): Amended {
  const { amended } = context;
  if (fact.type !== 'EXIT_REPORT' && fact.type !== 'EXIT_ABSENT') return amended;
  const { [fact.leg]: before, ...others } = amended ?? {};
  const now = shownAfter({ ...context, exits }, before, fact, context.exits);
  if (now === before) return amended;
  if (now !== undefined) return { ...others, [fact.leg]: now };
  return Object.keys(others).length === 0 ? undefined : others;
}

function shownAfter(
  after: ProtectionContext,
  before: AmendedExit | undefined,
  fact: Extract<ProtectionFact, { type: 'EXIT_REPORT' | 'EXIT_ABSENT' }>,
  known: readonly Exit[],
): AmendedExit | undefined {
  const exit = exitOn(after.exits, fact.leg);
  if (exit === undefined || isOver(exit) || exit.cumQty !== exitOn(known, fact.leg)?.cumQty) return undefined;
  if (!isOfNow(known, fact)) return before;
  const { price, quantity, isSuspended } = fact.report;
  const shown = {
    ...(price !== undefined && { price }),
    ...(quantity !== undefined && { quantity }),
    ...(isSuspended && { isSuspended }),
    since: fact.at,
  };
  if (changesOf(after, exit, shown).length === 0) return undefined;
  return isSame(before, shown) ? before : shown;
}

const isSame = (one: AmendedExit | undefined, other: AmendedExit): boolean =>
  one?.price === other.price && one?.quantity === other.quantity && one?.isSuspended === other.isSuspended;

/** The report is no older one and no correction, and nothing more of the exit is filled (P2, P8). */
const isOfNow = (
  exits: readonly Exit[],
  fact: ProtectionFact,
): fact is Extract<ProtectionFact, { type: 'EXIT_REPORT' }> =>
  fact.type === 'EXIT_REPORT' &&
  fact.report.correction === undefined &&
  fact.report.cumQty === exitOn(exits, fact.leg)?.cumQty;

/** What is known to stand otherwise than it was placed, now that the exit of the report has been told. */
export function amendedNow(context: ProtectionContext, fact: ProtectionFact): readonly Mismatch[] {
  if (!isOfNow(context.exits, fact)) return [];
  return context.exits.flatMap((exit) => {
    const shown = context.amended?.[exit.leg];
    if (shown === undefined || fact.at - shown.since < EXIT_GRACE_MS) return [];
    const changes = changesOf(context, exit, shown);
    const waits = exit.leg === fact.leg && hasSibling(context, exit) && changes.some(isOfSize);
    return waits ? [] : changes;
  });
}

/** A case about several changes is called by the gravest. */
export const kindOfAmended = (found: readonly Mismatch[]): 'PROTECTION_LOST' | 'PROTECTION_SIZE' | 'MISMATCH' =>
  found.some(isLoss) ? 'PROTECTION_LOST' : found.some(isOfSize) ? 'PROTECTION_SIZE' : 'MISMATCH';

const exitOn = (exits: readonly Exit[], leg: ExitLeg): Exit | undefined => exits.find((exit) => exit.leg === leg);

const isLoss = ({ kind }: Mismatch): boolean => kind === 'PROTECTION_LOST';
const isOfSize = ({ kind }: Mismatch): boolean => kind === 'PROTECTION_SIZE';

const hasSibling = ({ exits }: ProtectionContext, { leg }: Exit): boolean =>
  exits.some((other) => other.leg !== leg && !isOver(other));

function changesOf(context: ProtectionContext, exit: Exit, shown: AmendedExit): readonly Mismatch[] {
  if (isOver(exit)) return [];
  const name = `${exit.leg === 'sl' ? 'stop-loss' : 'take-profit'} ${exitIdOf(context.clientOrderId, exit.leg)}`;
  return [...suspended(name, exit, shown), ...otherPrice(name, exit, shown), ...otherSize(name, context, exit, shown)];
}

function suspended(name: string, { price }: Exit, { isSuspended }: AmendedExit): readonly Mismatch[] {
  if (isSuspended !== true) return [];
  const message = `Expected ${name} at ${price} to work, found it suspended in broker: it does not trigger until the venue lets it`;
  return [mismatch('PROTECTION_LOST', 'working', 'suspended', message)];
}

function otherPrice(name: string, { leg, price }: Exit, shown: AmendedExit): readonly Mismatch[] {
  if (shown.price === undefined || shown.price === price) return [];
  const message = `Expected ${name} at ${price}, as it was placed, found it at ${shown.price} in broker`;
  return [mismatch(leg === 'sl' ? 'STOP_LOSS_PRICE' : 'TAKE_PROFIT_PRICE', price, shown.price, message)];
}

function otherSize(
  name: string,
  context: ProtectionContext,
  { cumQty }: Exit,
  { quantity }: AmendedExit,
): readonly Mismatch[] {
  if (quantity === undefined) return [];
  const rest = restOf(context);
  if (!isPositive(rest)) return [];
  const leaves = subtract(quantity, cumQty);
  const isSmaller = lessThan(leaves, rest);
  if (leaves === rest || (!isSmaller && isPartlyClosed(context))) return [];
  const effect = isSmaller
    ? `${subtract(rest, leaves)} of ${context.symbol} are without it`
    : 'it would close too much';
  const message = `Expected ${name} to be for ${rest}, found it working for ${leaves} in broker: ${effect}`;
  return [mismatch('PROTECTION_SIZE', rest, leaves, message)];
}
