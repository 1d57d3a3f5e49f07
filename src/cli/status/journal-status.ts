/**
 * Where a journal stands: what is live, what is held, which switches and cases are in the way, and what ended last.
 */
import type { AuditRecord } from '../../domain/audit.js';
import { type Case, isOpen } from '../../domain/cases.js';
import { isPositive } from '../../domain/decimal.js';
import type { ChainVerdict, JournalRecord } from '../../domain/journal.js';
import type { SwitchView } from '../../domain/kill-switch.js';
import { adminView } from '../../engine/journal-admin.js';
import type { PositionView } from '../../views/position-view.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { type Stake, type Stakes, stakesOf } from '../journal-admin/stakes.js';
import { positionsIn } from './journal-positions.js';

/** The result that was recorded last. */
interface LastResult {
  readonly advisoryId: string;
  readonly status: string;
  readonly reason?: string;
  /** ISO 8601 UTC. */
  readonly at: string;
}

export interface JournalStatus {
  readonly records: number;
  /** When the newest record was written, ISO 8601 UTC. */
  readonly newestAt?: string;
  readonly verdict: ChainVerdict;
  /** Switches that are not OFF. */
  readonly switches: readonly SwitchView[];
  readonly openCases: readonly Case[];
  readonly resolvedCases: number;
  /** Advisories that were begun and have no result. */
  readonly live: readonly Stake[];
  readonly openPositions: readonly PositionView[];
  readonly closedPositions: number;
  readonly results: number;
  /** Results that refuse an advisory because another has its id (E1): no executions of their own. */
  readonly conflicts: number;
  readonly lastResult?: LastResult;
  readonly stakes: Stakes;
}

export function journalStatus(records: readonly JournalRecord[], verdict: ChainVerdict): JournalStatus {
  const { switches, cases, unfinished } = adminView(records);
  const audit = records.flatMap((record) => record.audit);
  const stakes = stakesOf(audit);
  const positions = positionsIn(records);
  const openPositions = positions.filter((position) => position.isOpen);
  const results = audit.filter(({ event }) => event === 'execution_result');
  const last = results.at(-1);
  const newest = records.at(-1);
  return {
    records: records.length,
    ...(newest !== undefined && { newestAt: newest.wall }),
    verdict,
    switches: switches.filter(({ state }) => state !== 'OFF'),
    openCases: cases.filter(isOpen),
    resolvedCases: cases.filter((one) => !isOpen(one)).length,
    live: unfinished.map((advisoryId) => stakes.get(advisoryId) ?? unknownStake(advisoryId)),
    openPositions,
    closedPositions: positions.length - openPositions.length,
    results: results.length,
    conflicts: results.filter(({ details }) => details['reason'] === 'ADVISORY_CONFLICT').length,
    ...(last !== undefined && { lastResult: lastResultOf(last) }),
    stakes,
  };
}

/** 1 when the journal is not what was written; 3 when a person is needed: a case, an ACTIVE switch, a position without a stop-loss. */
export function statusExitCode({ verdict, openCases, switches, openPositions }: JournalStatus): ExitCode {
  if (!verdict.ok) return EXIT.checkFailed;
  const isHalted = switches.some(({ state }) => state === 'ACTIVE');
  const isBare = openPositions.some(({ unprotectedQuantity }) => isPositive(unprotectedQuantity));
  return openCases.length > 0 || isHalted || isBare ? EXIT.manual : EXIT.ok;
}

const unknownStake = (advisoryId: string): Stake => ({
  advisoryId,
  symbol: '',
  side: '',
  size: '',
  filled: '0',
  isOver: false,
});

function lastResultOf({ advisoryId = '', timestamp, details }: AuditRecord): LastResult {
  const { status, reason } = details;
  return {
    advisoryId,
    status: String(status),
    ...(typeof reason === 'string' && { reason }),
    at: timestamp,
  };
}
