/**
 * How things stand, as answers and events tell it.
 */
import type { AuditRecord } from '../../domain/audit.js';
import { guideOf } from '../../domain/case-guide.js';
import { type Case as EngineCase, isOpen } from '../../domain/cases.js';
import type { Clock } from '../../domain/ports.js';
import type { Execution as Handle, KillSwitch, PositionView } from '../../index.js';
import type { Account, OpenAccount } from '../accounts/account.js';
import type { AccountState, Case, PendingRelease, SwitchList } from '../api/controls.js';
import type { Execution, ExecutionDetail } from '../api/executions.js';
import { type Around, executionDetail, executionView, standingOf, withAround } from './execution-view.js';
import { type ExecutionList, finishedExecutions } from './finished.js';
import type { OrderedList } from './ordered-list.js';
import { type ListedPosition, positions } from './positions.js';

interface ViewParts {
  readonly clock: Pick<Clock, 'now'>;
  readonly accounts: readonly Account[];
  readonly killSwitch: () => KillSwitch | undefined;
  readonly pendingReleases: () => readonly PendingRelease[];
  readonly twoPersonRelease: boolean;
  /** Whether the execution waits for its turn (E4). */
  readonly isWaiting: (account: string, advisoryId: string) => boolean;
  /** Last position of the account's audit log. */
  readonly auditSeq: (account: string) => number;
}

export interface Views {
  /** Told of each change of a position, so that nobody looks through all of them for one. */
  sawPosition(account: OpenAccount, position: PositionView): void;
  /** Told of what was just handed to the engine. */
  sawStart(account: OpenAccount, handle: Handle): void;
  /** Told of each audit record, before anybody asks. */
  sawRecord(account: OpenAccount, record: AuditRecord): void;
  /** The latest executions that are over, and every one that is live or waits. */
  executionList(account: OpenAccount): ExecutionList;
  /** All that are open, and the latest that are closed. */
  positionList(account: OpenAccount): OrderedList<ListedPosition>;
  openPositions(account: OpenAccount): number;
  /** @param known what surrounds it, where that has been looked up already */
  execution(account: OpenAccount, advisoryId: string, known?: Around): Execution | undefined;
  executionDetail(account: OpenAccount, advisoryId: string): ExecutionDetail | undefined;
  /** What surrounds the executions of an account, looked up once for many. */
  around(account: OpenAccount): (advisoryId: string) => Around;
  case(account: OpenAccount, caseId: string): Case | undefined;
  cases(account: OpenAccount): readonly Case[];
  switches(): SwitchList;
  account(account: Account): AccountState;
}

export function views(parts: ViewParts): Views {
  const { accounts, killSwitch, pendingReleases, twoPersonRelease, isWaiting, auditSeq } = parts;
  const finished = finishedExecutions(parts.clock);
  const held = positions();

  const casesOf = (account: OpenAccount, advisoryId: string): readonly string[] =>
    account.engine.cases
      .open()
      .filter((one) => one.advisoryId === advisoryId)
      .map(({ caseId }) => caseId);

  const around = (account: OpenAccount): ((advisoryId: string) => Around) => {
    const byAdvisory = new Map<string, string[]>();
    for (const { advisoryId, caseId } of account.engine.cases.open()) {
      if (advisoryId === undefined) continue;
      byAdvisory.set(advisoryId, [...(byAdvisory.get(advisoryId) ?? []), caseId]);
    }
    const open = held.open(account);
    return (advisoryId) => ({
      openCases: byAdvisory.get(advisoryId) ?? [],
      hasOpenPosition: open.has(advisoryId),
      isWaiting: isWaiting(account.name, advisoryId),
    });
  };

  const aroundOne = (account: OpenAccount, advisoryId: string): Around => ({
    openCases: casesOf(account, advisoryId),
    hasOpenPosition: held.open(account).has(advisoryId),
    isWaiting: isWaiting(account.name, advisoryId),
  });

  return {
    sawPosition: held.saw,
    around,
    sawStart: finished.sawStart,
    sawRecord: finished.saw,
    executionList: finished.list,
    positionList: held.list,
    openPositions: (account) => held.open(account).size,
    execution(account, advisoryId, known) {
      const surrounds = known ?? aroundOne(account, advisoryId);
      const kept = finished.kept(account, advisoryId);
      if (kept !== undefined) return withAround(kept, surrounds);
      const handle = account.engine.execution(advisoryId);
      if (handle === undefined) return undefined;
      if (surrounds.isWaiting) return executionView(account, handle, surrounds);
      const standing = standingOf(account, handle);
      if (standing.result !== undefined) finished.keep(account, standing);
      return withAround(standing, surrounds);
    },
    executionDetail(account, advisoryId) {
      const handle = account.engine.execution(advisoryId);
      return handle === undefined ? undefined : executionDetail(account, handle, aroundOne(account, advisoryId));
    },
    case(account, caseId) {
      const found = account.engine.cases.all().find((one) => one.caseId === caseId);
      return found === undefined ? undefined : caseView(account, found);
    },
    cases: (account) => account.engine.cases.all().map((one) => caseView(account, one)),
    switches: () => ({
      switches: [...(killSwitch()?.switches ?? [])],
      pendingReleases: [...pendingReleases()],
      sharedBy: accounts.map(({ name }) => name),
      twoPersonRelease,
    }),
    account: (one) => accountView(one, auditSeq(one.name), isOpened(one) ? held.open(one).size : 0),
  };
}

function caseView({ name }: Account, one: EngineCase): Case {
  const { urgency, next } = guideOf(one);
  const { compared: _compared, mismatches, ...rest } = one;
  return {
    account: name,
    ...rest,
    mismatches: [...mismatches],
    isOpen: isOpen(one),
    urgency,
    nextStep: next,
  };
}

const isOpened = (account: Account): account is OpenAccount => account.engine !== undefined;

/** @param openPositions counted as they change: readiness is asked for often, and there may be thousands */
function accountView(account: Account, seq: number, openPositions: number): AccountState {
  const { name, options, engine, health } = account;
  const problems = account.problems();
  const metrics = engine?.metrics();
  return {
    name,
    broker: options.broker?.name ?? options.host?.name ?? '',
    ...(options.about !== undefined && { about: options.about }),
    live: options.live === true,
    journal: options.host?.name ?? options.journal?.name ?? 'memory',
    durable: options.host !== undefined || options.journal?.durable === true,
    ready: problems.length === 0,
    brokerConnected: health.connected,
    ...(health.latencyMs !== undefined && { brokerLatencyMs: Math.round(health.latencyMs) }),
    journalWritable: metrics !== undefined && metrics.journalFailure === undefined,
    startSweepOver: metrics?.startSweep === 'over',
    problems: [
      ...problems,
      ...(metrics?.sweepFailures ?? []).map((left) => `Account ${name}: a sweep could not judge ${left}.`),
    ],
    liveExecutions: metrics?.live ?? 0,
    waitingExecutions: metrics?.waiting ?? 0,
    openCases: metrics?.openCases ?? 0,
    openPositions,
    auditSeq: seq,
  };
}
