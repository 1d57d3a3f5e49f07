/**
 * The fills of one order, by the venue's ids (P8).
 *
 * 1. A fill is kept under its ExecID (17), once, however often it is told.
 * 2. A bust takes away the fill that ExecRefID (19) names; a correction replaces it. Either may name the fill or an earlier
 *    correction of it, and may come before the fill itself: what is told of that fill later changes nothing.
 * 3. A corrected fill keeps its first id.
 */
import { add, type Decimal, parseVenueDecimal, ZERO } from '../../../domain/decimal.js';
import type { Fill } from '../../../domain/ports.js';

export interface FillLedger {
  /** Is a fill of this id known, standing or taken back? */
  has(id: string): boolean;
  /** Does it stand? */
  stands(id: string): boolean;
  /** Without an id when the venue tells none: `key` then tells two tellings apart. */
  add(key: string, fill: Fill): void;
  /** Takes a fill back; the id that it was first told under. */
  bust(refId: string): string;
  /** Replaces a fill by what stands now, told under `id`; the id that it was first told under. */
  correct(refId: string, id: string, fill: Fill | undefined): string;
  /** What stands, oldest first. */
  readonly fills: readonly Fill[];
  /** The sum of what stands. */
  readonly total: Decimal;
}

export function fillLedger(): FillLedger {
  /** `undefined`: taken back. */
  const byId = new Map<string, Fill | undefined>();
  const firstIds = new Map<string, string>();
  const firstOf = (id: string): string => firstIds.get(id) ?? id;
  const standing = (): readonly Fill[] => [...byId.values()].filter((fill) => fill !== undefined);

  return {
    has: (id) => byId.has(firstOf(id)),
    stands: (id) => byId.get(firstOf(id)) !== undefined,
    add(key, fill) {
      if (!byId.has(firstOf(key))) byId.set(key, fill);
    },
    bust(refId) {
      const first = firstOf(refId);
      byId.set(first, undefined);
      return first;
    },
    correct(refId, id, fill) {
      const first = firstOf(refId);
      firstIds.set(id, first);
      if (fill !== undefined) byId.set(first, { ...fill, id: first });
      return first;
    },
    get fills() {
      return standing();
    },
    get total() {
      return standing().reduce((sum: Decimal, { quantity }) => add(sum, parseVenueDecimal(quantity) ?? ZERO), ZERO);
    },
  };
}
