/**
 * The open questions for humans (M): opened by the engine, closed by people, never by themselves.
 */

import type { AuditEntry } from '../domain/audit.js';
import { deepFreeze, type JsonObject } from '../domain/canonical.js';
import {
  blockingCase,
  type Case,
  type CaseFact,
  type CaseKind,
  type ComparedPosition,
  isOpen,
  type MismatchPolicy,
  type MovedSinceEnd,
  withCaseFact,
} from '../domain/cases.js';
import { type Aliases, covers } from '../domain/kill-switch.js';
import { sentence } from '../domain/reading.js';
import { FillchartError } from '../domain/reasons.js';
import type { Mismatch } from '../domain/reconciliation.js';
import { isoTime } from '../domain/time.js';
import type { Durability, Recorder } from '../journal/recorder.js';
import type { EngineTime } from './engine-time.js';

/** The public face: see, and resolve. @public @since 0.1.0 */
export interface Cases {
  open(): readonly Case[];
  all(): readonly Case[];
  /**
   * Closes a case (M2). Rejects with `UNKNOWN_CASE` when no open case has this id, and with `INVALID_RESOLUTION`
   * unless it is said who closes it and why; with `JOURNAL_UNAVAILABLE` when it is closed, but a restart may not know.
   *
   * What a sweep found is accepted by that: later sweeps start from it. `withdraw` says that the case rested on a wrong
   * reading, and accepts nothing: later sweeps are as if it had not been (M5). A case that is resolved can still be
   * withdrawn.
   */
  resolve(caseId: string, by: Resolution): Promise<void>;
}

export interface Resolution {
  readonly by: string;
  readonly reason: string;
  readonly withdraw?: boolean;
}

export interface NewCase {
  readonly kind: CaseKind;
  readonly symbol: string;
  readonly advisoryId?: string;
  readonly snapshotHash?: string;
  readonly mismatches: readonly Mismatch[];
  /** What else the audit log says of it, before the line of the case. */
  readonly audit?: readonly AuditEntry[];
  readonly compared?: ComparedPosition;
  readonly moved?: MovedSinceEnd | undefined;
}

export interface CaseRegister extends Cases {
  /** Opens a case, or adds to the one that is open for the advisory. Counts at once; resolves when durable. */
  raise(found: NewCase): Promise<Durability>;
  /** The open case that keeps a new execution of the symbol from starting (V7). */
  blocking(symbol: string | undefined): Case | undefined;
  /** Whether an open case lies in the scope of a kill switch with this target (K6). */
  openInScope(target: string | undefined): Case | undefined;
  restore(fact: CaseFact): void;
  /** The cases as they stood, before any fact. @param ever how many there ever were, where not all are known */
  restoreAll(known: readonly Case[], ever?: number): void;
}

export function caseRegister(
  recorder: Pick<Recorder, 'record'>,
  time: EngineTime,
  policy: MismatchPolicy,
  aliases?: Aliases,
  onMoved: (symbol: string, moved: MovedSinceEnd) => void = () => undefined,
): CaseRegister {
  let cases: readonly Case[] = [];
  let unknown = 0;

  function keep(
    fact: CaseFact,
    details: JsonObject,
    owner: Partial<Pick<NewCase, 'advisoryId' | 'snapshotHash'>>,
    before: readonly AuditEntry[] = [],
  ): Promise<Durability> {
    cases = withCaseFact(cases, fact);
    tellMoved(fact);
    const event = fact.type === 'CASE_OPENED' ? 'case_opened' : 'case_resolved';
    return recorder.record({ stream: 'case', ...owner, at: time(), fact, audit: [...before, { event, details }] });
  }

  function tellMoved(told: Pick<Case, 'symbol' | 'moved'> | CaseFact): void {
    if ('moved' in told && told.moved !== undefined) onMoved(told.symbol, told.moved);
  }

  function raise({
    kind,
    symbol,
    advisoryId,
    snapshotHash,
    mismatches,
    audit,
    compared,
    moved,
  }: NewCase): Promise<Durability> {
    const known = cases.find((other) => isOpen(other) && isSameMatter(other, { kind, symbol, advisoryId }));
    const caseId = known?.caseId ?? `case-${unknown + cases.length + 1}`;
    const owner = {
      ...(advisoryId !== undefined && { advisoryId }),
      ...(snapshotHash !== undefined && { snapshotHash }),
    };
    const { advisoryId: _id, ...rest } = { kind: known?.kind ?? kind, symbol, advisoryId, mismatches };
    const opened = {
      caseId,
      ...rest,
      ...(advisoryId !== undefined && { advisoryId }),
      openedAt: isoTime(time()),
      ...(compared !== undefined && { compared }),
      ...(moved !== undefined && { moved }),
    };
    const details = { caseId, kind: opened.kind, symbol, mismatches: mismatches.map(({ message }) => message) };
    return keep({ type: 'CASE_OPENED', ...opened }, details, owner, audit);
  }

  async function resolve(caseId: string, said: Resolution): Promise<void> {
    const { by, reason, withdraw } = said ?? {};
    const canEnd = (known: Case) => isOpen(known) || (withdraw === true && known.resolution?.withdrawn !== true);
    const found = cases.find((known) => known.caseId === caseId && canEnd(known));
    if (found === undefined)
      throw new FillchartError('UNKNOWN_CASE', `There is no open case ${JSON.stringify(caseId)}.`);
    if (!isSaid(by) || !isSaid(reason)) {
      throw new FillchartError('INVALID_RESOLUTION', `Resolving ${caseId} needs by and reason, both not empty.`);
    }
    const { advisoryId } = found;
    const withdrawn = withdraw === true ? ({ withdrawn: true } as const) : {};
    const fact = { type: 'CASE_RESOLVED', caseId, by, reason, at: isoTime(time()), ...withdrawn } as const;
    const durability = await keep(
      fact,
      { caseId, by, reason, ...withdrawn },
      advisoryId === undefined ? {} : { advisoryId },
    );
    if (durability.durable) return;
    throw new FillchartError(
      'JOURNAL_UNAVAILABLE',
      `${caseId} is resolved, but not durably: ${sentence(durability.cause)}`,
    );
  }

  return {
    open: () => cases.filter(isOpen),
    all: () => cases,
    resolve,
    raise,
    blocking: (symbol) => blockingCase(cases, symbol, policy, aliases),
    openInScope: (target) => cases.find((known) => isOpen(known) && covers(target, known.symbol, aliases)),
    restore(fact) {
      cases = withCaseFact(cases, fact);
      tellMoved(fact);
    },
    restoreAll(known, ever = known.length) {
      unknown = ever - known.length;
      cases = deepFreeze([...known]);
      known.forEach(tellMoved);
    },
  };
}

/** One open case an execution; without one, one for each kind and symbol. */
const isSameMatter = (
  known: Case,
  found: { kind: CaseKind; symbol: string; advisoryId?: string | undefined },
): boolean =>
  found.advisoryId !== undefined
    ? known.advisoryId === found.advisoryId
    : known.advisoryId === undefined && known.kind === found.kind && known.symbol === found.symbol;

const isSaid = (text: unknown): boolean => typeof text === 'string' && text.trim() !== '';
