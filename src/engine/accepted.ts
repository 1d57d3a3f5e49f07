/**
 * Differences between journal and broker that a person has accepted by resolving a case (M5).
 *
 * 1. A difference belongs to its case: a case that is withdrawn accepts nothing.
 * 2. It is that of the latest comparison of the case, with what this engine was taken to hold then. Exits of those entries
 *    whose fills became known later may be the very thing that made the difference, or have come after it: nobody can tell.
 *    The difference is then taken as known between two bounds, so that what was accepted is not taken off twice.
 */
import { type Case, isOpen, isWithdrawn } from '../domain/cases.js';
import {
  absolute,
  add,
  type Decimal,
  isNegative,
  isZero,
  lessThan,
  maximum,
  minimum,
  parseVenueDecimal,
  subtract,
  sum,
  ZERO,
} from '../domain/decimal.js';
import { POSITION_KINDS } from '../domain/reconciliation.js';

export interface Range {
  readonly least: Decimal;
  readonly most: Decimal;
}

/** @param held what the entries hold now, signed, by `clientOrderId` */
export function acceptedIn(cases: readonly Case[], symbol: string, held: ReadonlyMap<string, Decimal>): Range {
  const ranges = cases
    // Of an execution's own case, what a sweep has added is accepted with it.
    .filter((known) => known.symbol === symbol && (known.advisoryId === undefined || known.compared !== undefined))
    .filter((known) => !isOpen(known) && !isWithdrawn(known))
    .flatMap((known) => acceptedBy(known, held));
  return { least: sum(ranges.map(({ least }) => least)), most: sum(ranges.map(({ most }) => most)) };
}

function acceptedBy({ mismatches, compared }: Case, held: ReadonlyMap<string, Decimal>): Range[] {
  const told = compared ?? mismatches.findLast(({ kind }) => POSITION_KINDS.includes(kind));
  if (told === undefined) return [];
  const difference = subtract(numberOf(told.actual), numberOf(told.expected));
  // An older journal does not say what was counted.
  const explained = compared === undefined ? ZERO : explainedSince(difference, compared.held, held);
  return [{ least: minimum(difference, explained), most: maximum(difference, explained) }];
}

const numberOf = (text: string): Decimal => parseVenueDecimal(text) ?? ZERO;

/** What is left of the difference if every closing that was learned since had already been in it. */
function explainedSince(
  difference: Decimal,
  then: Readonly<Record<string, string>>,
  now: ReadonlyMap<string, Decimal>,
): Decimal {
  const changes = Object.entries(then).map(([id, was]) => subtract(now.get(id) ?? ZERO, numberOf(was)));
  const change = sum(changes);
  // What closed a long position can only explain that less was there.
  if (isZero(change) || isNegative(change) !== isNegative(difference)) return difference;
  const left = subtract(difference, change);
  return lessThan(absolute(difference), absolute(change)) ? ZERO : left;
}

/** The range moved by a known quantity. */
export const shifted = ({ least, most }: Range, by: Decimal): Range => ({ least: add(least, by), most: add(most, by) });

export const isWithin = (value: Decimal, { least, most }: Range): boolean =>
  !lessThan(value, least) && !lessThan(most, value);
