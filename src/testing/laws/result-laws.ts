/**
 * Laws that are judged on results, and at the end of a story on the whole: what was told against what is so.
 */
import { createActor } from 'xstate';
import { canonicalJson } from '../../domain/canonical.js';
import { type JournalRecord, verifyChain } from '../../domain/journal.js';
import {
  HARD_TIMEOUT_MS,
  LATE_FILL_WINDOW_MS,
  PROTECTION_LIMIT_MS,
  RECONCILIATION_LIMIT_MS,
  VALIDATION_LIMIT_MS,
} from '../../domain/limits.js';
import type { ExecutionResult } from '../../domain/result.js';
import { executionMachine } from '../../machines/execution.machine.js';
import { venueTruths } from '../venue/venue-truth.js';
import type { CallLaws } from './call-laws.js';
import type { RecordedLife } from './journal-view.js';
import type { Evidence } from './law-court.js';
import { brokenOutsideLaws } from './outside-laws.js';

/** What makes queries, or leaves no trace, beside the executions. */
interface Past {
  readonly crashed: boolean;
  /** An operator asked for a sweep, which asks for positions by name too. */
  readonly swept: boolean;
  readonly diskFailed: boolean;
}

export interface ResultLaws {
  onResult(clientOrderId: string, result: ExecutionResult): void;
  /** Every result is in; the last sweep is yet to come. */
  onTold(past: Past): void;
  /** The story is over: nothing moves any more, and a last sweep has been made. */
  atEnd(records: readonly JournalRecord[], past: Past): void;
}

const AFTER_SUBMISSION_MS = HARD_TIMEOUT_MS + LATE_FILL_WINDOW_MS + PROTECTION_LIMIT_MS + RECONCILIATION_LIMIT_MS;
const LONGEST_LIFE_MS = VALIDATION_LIMIT_MS + AFTER_SUBMISSION_MS;
/** Commits, and timers of the same instant. */
const SLACK_MS = 200;

export function resultLaws(evidence: Evidence, calls: CallLaws): ResultLaws {
  const { venue, journal, court } = evidence;
  const told = new Map<string, string>();
  const results = new Map<string, ExecutionResult>();

  function onResult(id: string, result: ExecutionResult): void {
    if (evidence.diskFailed()) return;
    const text = canonicalJson(result);
    if (told.get(id) === text) return;
    court.demand(
      'L14',
      (told.get(id) ?? text) === text,
      () => `${id}: ${result.advisoryId} has another result than before`,
    );
    told.set(id, text);
    results.set(id, result);
    const life = journal.life(id);
    if (life === undefined) {
      court.demand('L9', result.status === 'REJECTED', () => `${id} has result ${result.status} and is not on record`);
      return;
    }
    court.demand('L14', text === replayed(life), () => `${id}: the record, folded again, gives another result`);
    judgeReconciliation(id, result, life);
    judgeStatus(id, result, life);
    judgeBound(id, life);
  }

  function judgeReconciliation(id: string, result: ExecutionResult, { facts, advisory }: RecordedLife): void {
    const report = result.reconciliationReport;
    const mayHaveArrived =
      result.attempts.some(({ outcome }) => outcome !== 'rejected' && outcome !== 'not_sent') ||
      facts.some(({ type }) => type === 'ORDER_REPORT');
    const isRefusedLate = result.status === 'FAILED' && result.attempts.at(-1)?.outcome === 'rejected';
    court.demand(
      'L8',
      (report !== undefined) === mayHaveArrived || isRefusedLate,
      () => `${id}: may have arrived ${mayHaveArrived}, reconciled ${report !== undefined}`,
    );
    const ends = facts.filter(
      (fact) => fact.type === 'RECONCILED' || (fact.type === 'DEADLINE' && fact.name === 'reconciliation'),
    );
    court.demand(
      'L8',
      ends.length === (report === undefined ? 0 : 1),
      () => `${id} was reconciled ${ends.length} times`,
    );
    const { advisoryId, snapshot } = advisory;
    const hasCase = journal.hasCase(advisoryId, snapshot.symbol);
    const needsHuman = (report?.mismatches.length ?? 0) > 0;
    court.demand(
      'L10',
      !needsHuman || (report?.requiresManualResolution === true && hasCase),
      () => `${id} has mismatches and no case`,
    );
    const isNaked =
      Number(result.finalPositionSize ?? 0) > 0 && (result.finalSl === undefined || result.finalTp === undefined);
    court.demand(
      'L7',
      !isNaked || hasCase,
      () => `${id} holds ${result.finalPositionSize} without SL and TP, and there is no case`,
    );
  }

  /** L14: by the received time of the report that made it whole. */
  function judgeStatus(id: string, { status, attempts }: ExecutionResult, { facts, advisory }: RecordedLife): void {
    const isWhole = status === 'FILLED' || status === 'EXECUTED_FULL_LATE';
    if (!isWhole) return;
    const started = attempts[0]?.startedAt;
    const whole = facts.find(
      (fact) =>
        fact.type === 'ORDER_REPORT' &&
        fact.report.avgPrice !== undefined &&
        Number(fact.report.cumQty) >= Number(advisory.snapshot.positionSize),
    );
    const t = whole === undefined || started === undefined ? Number.NaN : whole.at - Date.parse(started);
    const isRight =
      status === 'FILLED' ? t <= HARD_TIMEOUT_MS : t > HARD_TIMEOUT_MS && t <= HARD_TIMEOUT_MS + LATE_FILL_WINDOW_MS;
    court.demand('L14', isRight, () => `${id} is ${status}, and was filled at T = ${t} ms`);
  }

  /** L11: from the first submission; after a crash, from the last recovery. */
  function judgeBound(id: string, { facts }: RecordedLife): void {
    const recovered = facts.findLast(({ type }) => type === 'RECOVERED');
    const sent = facts.find(({ type }) => type === 'SUBMIT_STARTED');
    const begins = recovered ?? sent ?? facts[0];
    const mostMs = recovered === undefined && sent !== undefined ? AFTER_SUBMISSION_MS : LONGEST_LIFE_MS;
    const tookMs = (facts.at(-1)?.at ?? 0) - (begins?.at ?? 0) - evidence.sleptMs();
    court.demand('L11', tookMs <= mostMs + SLACK_MS, () => `${id} took ${tookMs} ms; ${mostMs} ms are the bound`);
  }

  /** The laws of the venue's own truth, which the property and crash tests judge too. */
  function judgeOutside(records: readonly JournalRecord[]): void {
    const orders = venueTruths(venue).map((order) => ({
      ...order,
      received: { submits: calls.submits(order.clientOrderId), resent: 0, cancels: calls.cancels(order.clientOrderId) },
    }));
    const broken = brokenOutsideLaws({
      orders,
      records,
      results: [...results.values()],
      cases: journal.cases(),
      wasTold: (clientOrderId) => calls.wasTold(clientOrderId),
    });
    for (const { law, why } of broken) court.demand(law, false, () => why);
  }

  /**
   * L8: one position query before the order, one after. Beside them stand those of the exits' watch, and the comparison of
   * a symbol whose position did not fit while an exit was in doubt (M3): it asks once more where the position is not as
   * expected, and is repeated while something is not answered.
   */
  function judgeQueries(): void {
    const lives = journal.lives().map(({ facts }) => facts);
    const count = (holds: (fact: (typeof lives)[number][number]) => boolean) =>
      lives.filter((facts) => facts.some(holds)).length;
    const asked = count(({ type }) => type === 'BROKER_ASKED');
    const silent = count((fact) => fact.type === 'DEADLINE' && fact.name === 'validation');
    const killed = lives.filter(
      (facts) =>
        facts.length > 1 && facts.at(-1)?.type === 'KILL_SWITCH' && !facts.some(({ type }) => type === 'BROKER_ASKED'),
    ).length;
    const compared = count(
      (fact) => fact.type === 'RECONCILED' || (fact.type === 'DEADLINE' && fact.name === 'reconciliation'),
    );
    const later = journal.comparisons();
    const tries = later === 0 ? 0 : later + calls.unansweredPositions + calls.unansweredExits;
    const most = asked + silent + killed + compared + journal.exitQueries() + 2 * tries;
    court.demand(
      'L8',
      calls.positionQueries <= most,
      () => `${calls.positionQueries} position queries; ${most} were due`,
    );
  }

  return {
    onResult,
    onTold({ crashed, swept, diskFailed }) {
      if (!diskFailed && !crashed && !swept) judgeQueries();
    },
    atEnd(records, { diskFailed }) {
      const chain = verifyChain(records);
      court.demand('L6', chain.ok, () => `the journal does not verify: ${chain.ok ? '' : chain.problem}`);
      // What was done while nothing could be written down is known to nobody: people are told when the disk fails.
      if (!diskFailed) judgeOutside(records);
    },
  };
}

/** The result that the facts on record give, folded through a fresh chart (A3). */
function replayed({ advisory, facts }: RecordedLife): string {
  const actor = createActor(executionMachine, { input: advisory });
  actor.subscribe({ error: () => undefined });
  actor.start();
  for (const fact of facts) actor.send(fact);
  return canonicalJson(actor.getSnapshot().context.result ?? null);
}
