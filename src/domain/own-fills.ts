/**
 * The fills of an order, told apart by the venue's own ids (P8).
 *
 * 1. A fill that is told again counts once; what it said first stands, unless a correction names it.
 * 2. A fill that was taken back never comes in again, however late an older report of it arrives.
 * 3. A correction that is told again changes nothing.
 */
import type { Decimal } from './decimal.js';
import { type FillFact, volumeWeightedAverage } from './fills.js';

/** A fill under the venue's id. */
interface OwnFill extends FillFact {
  readonly id: string;
}

/** Plain JSON: it is part of what an execution knows. */
export interface OwnFills {
  readonly fills: readonly OwnFill[];
  /** Ids of fills that were taken back, or replaced by another. */
  readonly voided: readonly string[];
  /** Corrections that were applied, by what they said. */
  readonly corrections: readonly string[];
}

export const NO_OWN_FILLS: OwnFills = Object.freeze({ fills: [], voided: [], corrections: [] });

/** The venue takes a fill back (`bust`) or changes it (`correct`). */
export interface CorrectionFact {
  readonly kind: 'bust' | 'correct';
  readonly fillId?: string;
}

/** Something to know of a correction besides itself, so that two alike can be told apart. */
interface Corrected {
  readonly cumQty: Decimal;
  readonly avgPrice?: Decimal;
  readonly brokerTime?: string;
  readonly fills?: readonly FillFact[];
  readonly correction?: CorrectionFact;
}

/** One text for one correction. A fill can be taken back once, and corrected several times. */
export function correctionKey({ correction, cumQty, avgPrice, brokerTime, fills = [] }: Corrected): string {
  const { kind = '', fillId } = correction ?? {};
  if (kind === 'bust' && fillId !== undefined) return `bust ${fillId}`;
  const told = fills.map(({ quantity, price }) => `${quantity}@${price}`).join(',');
  return [kind, fillId ?? '', cumQty, avgPrice ?? '', told, brokerTime ?? ''].join(' ');
}

const identified = (fills: readonly FillFact[]): readonly OwnFill[] =>
  fills.filter((fill): fill is OwnFill => fill.id !== undefined);

/** The fills after a plain report. The very same object when it tells none that is new. */
export function withFills(own: OwnFills, told: readonly FillFact[] = []): OwnFills {
  const added = identified(told).filter(
    ({ id }, index, all) =>
      !own.voided.includes(id) &&
      !own.fills.some((known) => known.id === id) &&
      all.findIndex((other) => other.id === id) === index,
  );
  return added.length === 0 ? own : { ...own, fills: [...own.fills, ...added] };
}

/** The fills after a correction: what it names goes, what it tells comes in its place. */
export function withCorrection(own: OwnFills, report: Corrected): OwnFills {
  const { correction, fills: told = [] } = report;
  const fillId = correction?.fillId;
  const replaced = new Set(identified(told).map(({ id }) => id));
  const fills = own.fills.filter(({ id }) => id !== fillId && !replaced.has(id));
  const isGone = fillId !== undefined && (correction?.kind === 'bust' || !replaced.has(fillId));
  const voided = isGone && !own.voided.includes(fillId) ? [...own.voided, fillId] : own.voided;
  const corrections = [...own.corrections, correctionKey(report)];
  const incoming = correction?.kind === 'bust' ? told.filter(({ id }) => id !== fillId) : told;
  return withFills({ fills, voided, corrections }, incoming);
}

/** The report names a fill that was taken back: it is older than that. */
export const namesVoidedFill = (own: OwnFills, told: readonly FillFact[] = []): boolean =>
  identified(told).some(({ id }) => own.voided.includes(id));

/** The average of the own fills, when they make up exactly `cumQty` (R2.4). */
export const averageOf = ({ fills }: OwnFills, cumQty: Decimal): Decimal | undefined =>
  volumeWeightedAverage(fills, cumQty);
