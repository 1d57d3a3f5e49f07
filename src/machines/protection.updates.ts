/**
 * How each fact changes what is known of the exits: pure functions from context and fact to the members that change.
 */
import {
  absolute,
  add,
  type Decimal,
  isNegative,
  isPositive,
  lessThan,
  maximum,
  minimum,
  negate,
  subtract,
  ZERO,
} from '../domain/decimal.js';
import { applyExitReport, asAbsent, type Exit, exitIdOf, filledBy, isOver, leavesOf } from '../domain/exits.js';
import { EXIT_GRACE_MS } from '../domain/limits.js';
import { type Mismatch, mismatch } from '../domain/reconciliation.js';
import { amendedAfter } from './protection.amended.js';
import {
  isClosed,
  isPartlyClosed,
  lostExits,
  newProtection,
  type ProtectionContext,
  restOf,
} from './protection.context.js';
import type { ProtectionFact, ProtectionFactOf } from './protection.facts.js';

export type Patch = Partial<ProtectionContext>;

/** The fact as the type that the transition is for; anything else is a fault of the chart. */
export function expectFact<Type extends ProtectionFact['type']>(
  fact: ProtectionFact,
  type: Type,
): ProtectionFactOf<Type> {
  if (fact.type !== type) throw new TypeError(`the chart handed ${fact.type} to what takes ${type}`);
  return fact as ProtectionFactOf<Type>;
}

export const start = (_: ProtectionContext, { input }: ProtectionFactOf<'START'>): Patch => newProtection(input);

/** The exits after a fact about one of them. Returns the very same list when it changes nothing. */
export function exitsAfter({ exits }: ProtectionContext, fact: ProtectionFact): readonly Exit[] {
  if (fact.type !== 'EXIT_REPORT' && fact.type !== 'EXIT_ABSENT') return exits;
  const changed = exits.map((exit) =>
    exit.leg !== fact.leg ? exit : fact.type === 'EXIT_ABSENT' ? asAbsent(exit) : applyExitReport(exit, fact.report),
  );
  return changed.every((exit, index) => exit === exits[index]) ? exits : changed;
}

export function keepExit(context: ProtectionContext, fact: ProtectionFact): Patch {
  if (fact.type !== 'EXIT_REPORT' && fact.type !== 'EXIT_ABSENT') return {};
  const exits = exitsAfter(context, fact);
  const amended = amendedAfter(context, exits, fact);
  const told = { exits, ...(amended !== context.amended && { amended }) };
  if (filledBy(exits) === filledBy(context.exits)) return told;
  const after = { ...context, exits };
  return {
    ...told,
    lastFilled: fact.leg,
    closedElsewhere: elsewhereAfter(after),
    graceEndsAt: fact.at + EXIT_GRACE_MS,
    ...(isClosed(after) ? context.closedAt === undefined && { closedAt: fact.at } : { closedAt: undefined }),
  };
}

/**
 * A position that was gone before the exit's fill was told was closed by that fill, unless the exit was seen working after
 * the position had gone: then the fill turns the position round.
 */
function elsewhereAfter({ exits, quantity, closedElsewhere, told }: ProtectionContext): Decimal {
  if (told.includes('SIBLING_WORKING')) return closedElsewhere;
  return minimum(closedElsewhere, maximum(ZERO, subtract(quantity, filledBy(exits))));
}

/** What may be there of the entry's own position, unsigned: between two bounds, negative when it is turned round. */
function ownPosition({ side }: ProtectionContext, { seen }: ProtectionFactOf<'POSITION_SEEN'>): Decimal | undefined {
  if (seen.kind !== 'position') return undefined;
  const bySide = (size: Decimal) => (side === 'buy' ? size : negate(size));
  if (seen.isOwn) return bySide(seen.size);
  const bounds = [
    bySide(subtract(seen.size, seen.others.least)),
    bySide(subtract(seen.size, seen.others.most)),
  ] as const;
  return maximum(...bounds);
}

/**
 * Whether the position is gone, held (wholly or in part), or not known. Less in the symbol than the others of ours are taken
 * to hold means that what is known of them is old: only a symbol with nothing left on our side is then known to be gone.
 */
export function positionWord(context: ProtectionContext, fact: ProtectionFact): 'gone' | 'held' | 'unknown' {
  if (fact.type !== 'POSITION_SEEN' || fact.seen.kind !== 'position') return 'unknown';
  const own = ownPosition(context, fact);
  if (own === undefined) return 'unknown';
  const { side, unprotectedQuantity } = context;
  if (isPositive(subtract(own, unprotectedQuantity))) return 'held';
  const size = side === 'buy' ? fact.seen.size : negate(fact.seen.size);
  return isNegative(own) && isPositive(size) ? 'unknown' : 'gone';
}

export const keepGone = (context: ProtectionContext, { at }: ProtectionFact): Patch => ({
  closedElsewhere: add(context.closedElsewhere, maximum(ZERO, restOf(context))),
  graceEndsAt: at + EXIT_GRACE_MS,
  closedAt: context.closedAt ?? at,
  unanswered: 0,
});

/** After a restart the sibling gets its time once more: nobody has looked in between. */
export const renewGrace = (_: ProtectionContext, { at }: ProtectionFact): Patch => ({
  graceEndsAt: at + EXIT_GRACE_MS,
});

export const beginDoubt = ({ doubtSince }: ProtectionContext, { at }: ProtectionFact): Patch => ({
  doubtSince: doubtSince ?? at,
});

export const renewDoubt = (_: ProtectionContext, { at }: ProtectionFact): Patch => ({ doubtSince: at, unanswered: 0 });

export const countUnanswered = ({ unanswered }: ProtectionContext): Patch => ({ unanswered: unanswered + 1 });

/** The losses are told; the next one begins a doubt of its own. */
export const tellLoss = (context: ProtectionContext): Patch => ({
  doubtSince: undefined,
  lossesTold: lostExits(context).length,
  unanswered: 0,
});

export const tell =
  (kind: ProtectionContext['told'][number]) =>
  ({ told }: ProtectionContext): Patch => ({ told: told.includes(kind) ? told : [...told, kind] });

const nameOf = ({ leg }: Exit): string => (leg === 'sl' ? 'Stop-loss' : 'Take-profit');
const idOf = ({ clientOrderId }: ProtectionContext, { leg }: Exit): string => exitIdOf(clientOrderId, leg);

/** Exits that may still do something although there is nothing left for them to close. */
export function siblingsWorking(context: ProtectionContext): readonly Mismatch[] {
  return context.exits
    .filter((exit) => !isOver(exit))
    .map((exit) => {
      const message = `Expected ${nameOf(exit).toLowerCase()} ${idOf(context, exit)} to be gone within 5 s of the end of the position, found it working for ${leavesOf(exit)}`;
      return mismatch('SIBLING_WORKING', 'gone', 'working', message);
    });
}

/** Exits that are larger than what is left to close. */
export function oversized(context: ProtectionContext): readonly Mismatch[] {
  const rest = restOf(context);
  return context.exits
    .filter((exit) => isTooLarge(context, exit))
    .map((exit) => {
      const message = `Expected ${nameOf(exit).toLowerCase()} ${idOf(context, exit)} to be for the ${rest} that are left, found it working for ${leavesOf(exit)}`;
      return mismatch('PROTECTION_SIZE', rest, leavesOf(exit), message);
    });
}

/** A venue that shrinks the sibling by itself, and does not tell its quantity, is taken at its word. */
export const isTooLarge = (context: ProtectionContext, exit: Exit): boolean =>
  isPartlyClosed(context) &&
  !isOver(exit) &&
  (exit.isQuantityTold || !context.nativeOco) &&
  lessThan(restOf(context), leavesOf(exit));

export function lost(context: ProtectionContext, fact: ProtectionFact): readonly Mismatch[] {
  const held = positionWord(context, fact) === 'held' ? 'the position is held' : unclear(context, fact);
  const working = context.exits.filter((exit) => !isOver(exit)).map((exit) => nameOf(exit).toLowerCase());
  const left = working.length === 0 ? 'no exit is working' : `only the ${working.join(' and the ')} is working`;
  return lostExits(context).map((exit) => {
    const how = `${exit.endedAs ?? 'over'}${exit.reason === undefined ? '' : ` (${exit.reason})`}`;
    const message = `${nameOf(exit)} ${idOf(context, exit)} at ${exit.price} is ${how} while ${restOf(context)} of ${context.symbol} is to be protected: ${held}, ${left}`;
    return mismatch('PROTECTION_LOST', 'working', exit.endedAs ?? 'over', message);
  });
}

/** Why nobody can say whether it is held. */
function unclear({ symbol }: ProtectionContext, fact: ProtectionFact): string {
  if (fact.type !== 'POSITION_SEEN' || fact.seen.kind !== 'position') return 'the broker does not tell the position';
  const { size, others } = fact.seen;
  const range = others.least === others.most ? others.least : `${others.least} to ${others.most}`;
  return `the broker shows ${size} of ${symbol}, which does not fit the ${range} that everything else is taken to hold`;
}

export function reversal(context: ProtectionContext): readonly Mismatch[] {
  const over = absolute(restOf(context));
  if (!isNegative(restOf(context))) return [];
  const fills = context.exits.map((exit) => `${nameOf(exit).toLowerCase()} ${exit.cumQty}`).join(', ');
  const message = `Exits closed ${over} more than the ${context.quantity} that were held (${fills}): the position is reversed by ${over}`;
  return [mismatch('POSITION_REVERSED', context.quantity, add(context.quantity, over), message)];
}
