/**
 * Cases: what a human must look at before the symbol trades again (M).
 *
 * 1. A case is closed only by a person, with a reason (M2); nothing closes itself.
 * 2. An execution has at most one open case: what is found later is added to it.
 */
import { deepFreeze } from './canonical.js';
import { type Decimal, maximum, ZERO } from './decimal.js';
import { type Aliases, covers } from './kill-switch.js';
import type { Side } from './ports.js';
import type { Mismatch, ReconciliationReport, ReconciliationStatus } from './reconciliation.js';

/** What a case is about: the reason code of its first difference. @public @since 0.1.0 */
export type CaseKind =
  | Exclude<ReconciliationStatus, 'MATCHED'>
  /** A fill came to light that no execution accounts for (T5). */
  | 'STRAY_FILL'
  /** A filled position without acknowledged SL and TP (B2). */
  | 'UNPROTECTED_POSITION'
  /** An order is open at the broker that the journal does not know as open (M3). */
  | 'STRAY_ORDER'
  /** The venue took back or changed a fill after its exits were asked for (P8). */
  | 'FILL_BUSTED'
  | 'FILL_CORRECTED'
  /** What became of the exits after the result (B7). */
  | 'SIBLING_WORKING'
  | 'PROTECTION_LOST'
  | 'POSITION_REVERSED'
  | 'PROTECTION_SIZE'
  /** The engine itself failed (E5). */
  | 'ENGINE_FAULT';

/** An open question for an operator, and how it was closed (M1, M2). @public @since 0.1.0 */
export interface Case {
  readonly caseId: string;
  readonly kind: CaseKind;
  readonly symbol: string;
  readonly advisoryId?: string;
  /** ISO 8601 UTC. */
  readonly openedAt: string;
  readonly mismatches: readonly Mismatch[];
  /** What a sweep compared, for a case about a position: the latest such comparison. */
  readonly compared?: ComparedPosition;
  /** What the venue told of orders that were over by then: others in the symbol need it (R6.2). */
  readonly moved?: MovedSinceEnd;
  readonly resolution?: CaseResolution;
}

/**
 * By how much the venue said that an order of ours has moved the position otherwise than was known at its end, by the id of the
 * order and the side that it counts for: filled late, or taken back. The most that was told counts.
 */
export type MovedSinceEnd = Readonly<Record<string, Readonly<Partial<Record<Side, Decimal>>>>>;

/** A position as a sweep found it, and what it knew then (M5). Quantities are signed decimals. */
export interface ComparedPosition {
  readonly expected: string;
  readonly actual: string;
  /** What each entry was taken to hold in the symbol then, by its `clientOrderId`. */
  readonly held: Readonly<Record<string, string>>;
}

/** Who closed a case, when and why (M2). @public @since 0.1.0 */
export interface CaseResolution {
  readonly by: string;
  readonly reason: string;
  /** ISO 8601 UTC. */
  readonly at: string;
  /** The case rested on a wrong reading: nothing is accepted by it (M5). */
  readonly withdrawn?: true;
}

/** What an open case does to new executions (M1). @public @since 0.1.0 */
export type MismatchPolicy = 'halt-symbol' | 'halt-all' | 'report-only';

/** Facts about cases, as they stand in the journal. */
export type CaseFact =
  | ({ readonly type: 'CASE_OPENED' } & Omit<Case, 'resolution'>)
  | ({ readonly type: 'CASE_RESOLVED'; readonly caseId: string } & CaseResolution);

/** The cases after a fact: the fold that restores them. Opening an open case again adds to its mismatches. */
export const withCaseFact = (cases: readonly Case[], fact: CaseFact): readonly Case[] =>
  deepFreeze(folded(cases, fact));

function folded(cases: readonly Case[], fact: CaseFact): readonly Case[] {
  if (fact.type === 'CASE_RESOLVED') {
    const { type: _type, caseId, ...resolution } = fact;
    return cases.map((known) => (known.caseId === caseId ? { ...known, resolution } : known));
  }
  const { type: _type, ...opened } = fact;
  const known = cases.find(({ caseId }) => caseId === opened.caseId);
  if (known === undefined) return [...cases, opened];
  const mismatches = [...known.mismatches, ...opened.mismatches.filter((added) => !isKnown(known, added))];
  const { compared = known.compared } = opened;
  const moved = movedTogether(known.moved, opened.moved);
  const added = { ...(compared !== undefined && { compared }), ...(moved !== undefined && { moved }) };
  return cases.map((other) => (other === known ? { ...known, mismatches, ...added } : other));
}

function movedTogether(known: MovedSinceEnd | undefined, told: MovedSinceEnd | undefined): MovedSinceEnd | undefined {
  if (known === undefined || told === undefined) return told ?? known;
  const most = (id: string, side: Side) => maximum(known[id]?.[side] ?? ZERO, told[id]?.[side] ?? ZERO);
  const ids = [...new Set([...Object.keys(known), ...Object.keys(told)])];
  return Object.fromEntries(ids.map((id) => [id, { buy: most(id, 'buy'), sell: most(id, 'sell') }]));
}

const isKnown = ({ mismatches }: Case, added: Mismatch): boolean =>
  mismatches.some(({ kind, message }) => kind === added.kind && message === added.message);

/** It rested on a wrong reading, and counts as if it had not been (M5). */
export const isWithdrawn = ({ resolution }: Case): boolean => resolution?.withdrawn === true;

/** What cases have told of an execution. One that was withdrawn is as if it had not been (M5). */
export const toldOf = (cases: readonly Case[], advisoryId: string): readonly Mismatch[] =>
  cases
    .filter((known) => known.advisoryId === advisoryId && !isWithdrawn(known))
    .flatMap(({ mismatches }) => mismatches);

export const isOpen = ({ resolution }: Case): boolean => resolution === undefined;

/** The open case that keeps new executions of the symbol from starting, under the policy (V7). */
export function blockingCase(
  cases: readonly Case[],
  symbol: string | undefined,
  policy: MismatchPolicy,
  aliases?: Aliases,
): Case | undefined {
  if (policy === 'report-only') return undefined;
  return cases.find((known) => isOpen(known) && (policy === 'halt-all' || covers(known.symbol, symbol, aliases)));
}

/** A case about a report is called by the report's status. */
export const caseKindOf = (report: ReconciliationReport | undefined): CaseKind =>
  report === undefined || report.status === 'MATCHED' ? 'MISMATCH' : report.status;
