/**
 * What is over, as far as the engine still has to do with it: found in the journal when somebody asks, or the broker tells (E7).
 *
 * 1. A fill that comes to light after the end, or is taken back, is never dropped (T5, P8).
 * 2. A journal that cannot be read, or is not as it was written, closes the gate and says so; nothing is guessed.
 */
import type { EngineTime } from '../actors/engine-time.js';
import type { AuditRecord } from '../domain/audit.js';
import { type Decimal, lessThan } from '../domain/decimal.js';
import type { RecordLookup } from '../domain/journal-index.js';
import { type OrderFact, readOrderReport } from '../domain/order.js';
import type { Journal, OrderRef } from '../domain/ports.js';
import { causeOf } from '../domain/reading.js';
import { isDamage } from '../journal/damage.js';
import { exitFactsOf } from '../journal/lives.js';
import type { Difference } from '../journal/refold.js';
import { refoldProtection } from '../journal/refold-protection.js';
import { type ExecutionContext, orderRef } from '../machines/execution.context.js';
import type { ExecutionMap } from '../views/execution-map.js';
import { type FinishedPages, finishedPages } from '../views/execution-pages.js';
import { type FinishedExecutions, finishedExecutions } from '../views/finished-executions.js';
import type { ProtectionsParts } from './protections.js';
import { strayReport } from './stray-fills.js';
import { isUncertain } from './sweep.js';
import type { SweepParts } from './sweep-parts.js';

interface HistoryParts {
  readonly journal: Journal;
  readonly lookup: RecordLookup;
  readonly time: EngineTime;
  readonly executions: ExecutionMap;
  readonly closeGate: (reason: string) => void;
  readonly onStrayFill: (context: ExecutionContext, report: OrderFact) => void;
}

export interface History extends Pick<SweepParts, 'uncertain' | 'onReport'> {
  readonly finished: FinishedExecutions;
  readonly pages: FinishedPages;
  readonly endedPosition: ProtectionsParts['endedPosition'];
  /** Executions whose order is not known to be closed. */
  readonly uncertainIds: Set<string>;
  /** The execution is over. */
  noteEnd(context: ExecutionContext): void;
  /** A position begins: how its entry is asked for is known now, and need not be read later. */
  noteEntry(context: ExecutionContext): void;
  /** How the entry of an open position is asked for. */
  entryOf(clientOrderId: string): OrderRef | undefined;
  /** The position is over. */
  forgetEntry(clientOrderId: string): void;
  /** A raw report on an order that is none of those in memory. */
  report(clientOrderId: string, raw: unknown): void;
  onUnreadable(cause: string): void;
  /** What the audit log says of an advisory, oldest first. */
  auditOf(advisoryId: string): readonly AuditRecord[];
}

export function history(parts: HistoryParts): History {
  const { journal, lookup, time, executions, closeGate, onStrayFill } = parts;
  const uncertainIds = new Set<string>();
  const told = new Set<string>();

  function onDifference(advisoryId: string, { seq, problem }: Difference): void {
    if (told.has(advisoryId)) return;
    told.add(advisoryId);
    closeGate(`The journal does not lead to what it says: record ${seq} (${advisoryId}) ${problem}`);
  }

  const onUnreadable = (cause: string) => closeGate(`The journal ${journal.name} cannot be read: ${cause}`);

  /** What it finds. @throws when it cannot be read; what is not as it was written closes the gate as well. */
  function finding<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (isDamage(error)) onUnreadable(causeOf(error));
      throw error;
    }
  }

  /** What it finds, or nothing and a closed gate. */
  function reading<T>(read: () => T | undefined): T | undefined {
    try {
      return read();
    } catch (error) {
      onUnreadable(causeOf(error));
      return undefined;
    }
  }

  /** Entries of open positions: asked for again and again. */
  const entries = new Map<string, { readonly ref: OrderRef; readonly cumQty: Decimal }>();

  function entryOf(clientOrderId: string): OrderRef | undefined {
    const known = entries.get(clientOrderId);
    if (known !== undefined) return known.ref;
    const found = executions.byOrder(clientOrderId) ?? reading(() => finished.byOrder(clientOrderId));
    return found === undefined ? undefined : noteEntry(found.context);
  }

  function noteEntry(context: ExecutionContext): OrderRef {
    const ref = orderRef(context);
    entries.set(context.clientOrderId, { ref, cumQty: context.order.cumQty });
    return ref;
  }

  /** Nothing that is not known: by far the most reports on an entry whose position is open. */
  function isOld(clientOrderId: string, raw: unknown): boolean {
    const known = entries.get(clientOrderId);
    const report = known && readOrderReport(raw, known.ref);
    if (known === undefined || report === undefined) return false;
    return report.correction === undefined && !lessThan(known.cumQty, report.cumQty);
  }

  const found = finishedExecutions({ lookup, time, onDifference });
  const finished: FinishedExecutions = {
    ...found,
    find: (advisoryId) => finding(() => found.find(advisoryId)),
    byOrder: (clientOrderId) => finding(() => found.byOrder(clientOrderId)),
  };
  const contextOf = (advisoryId: string) =>
    executions.find(advisoryId)?.context ?? reading(() => finished.find(advisoryId))?.context;

  return {
    finished,
    pages: finishedPages({
      lookup,
      isInMemory: (advisoryId) => executions.find(advisoryId) !== undefined,
      resultOf: (advisoryId) => finished.find(advisoryId)?.context.result,
      onDamage: onUnreadable,
    }),
    endedPosition(by) {
      const advisoryId = 'advisoryId' in by ? by.advisoryId : lookup.advisoryOf(by.clientOrderId);
      const folded = advisoryId && refoldProtection(exitFactsOf(lookup.ofAdvisory(advisoryId)));
      return folded !== undefined && folded !== '' && folded.isOver ? folded : undefined;
    },
    uncertainIds,
    noteEnd(context) {
      if (isUncertain(context)) uncertainIds.add(context.advisoryId);
    },
    uncertain: () => [...uncertainIds].flatMap((advisoryId) => contextOf(advisoryId) ?? []),
    onReport(context, raw) {
      strayReport(context, raw, onStrayFill);
      const report = readOrderReport(raw, context);
      // Its end is known now.
      if (report !== undefined && report.status !== 'open') uncertainIds.delete(context.advisoryId);
    },
    noteEntry: (context) => void noteEntry(context),
    entryOf,
    forgetEntry: (clientOrderId) => void entries.delete(clientOrderId),
    report(clientOrderId, raw) {
      if (isOld(clientOrderId, raw)) return;
      const known = reading(() => finished.byOrder(clientOrderId));
      if (known !== undefined) strayReport(known.context, raw, onStrayFill);
    },
    onUnreadable,
    auditOf: (advisoryId) => finding(() => lookup.ofAdvisory(advisoryId)).flatMap(({ audit }) => audit),
  };
}
