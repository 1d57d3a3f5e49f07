/**
 * Engine and broker side by side, row by row. Pure.
 *
 * 1. What the broker did not tell is told as such, never as zero.
 */
import type { Case } from '../../service/api/controls.js';
import type { Execution } from '../../service/api/executions.js';

export interface ComparedRow {
  readonly name: string;
  readonly engine: string;
  readonly broker: string;
  readonly differs: boolean;
}

const UNTOLD = 'not told';
const NONE = 'none';

/** The reconciliation's two sides where it is of this execution; else what the case itself expects and found. */
export function comparison(one: Case, execution: Execution | undefined): readonly ComparedRow[] {
  const report = execution?.result?.reconciliationReport;
  if (report === undefined)
    return one.mismatches.map(({ kind, expected, actual }) => ({
      name: kind,
      engine: expected,
      broker: actual,
      differs: true,
    }));
  const rows: readonly (readonly [string, string | undefined, string | undefined])[] = [
    ['Order state', report.internalOrderState, report.brokerOrderState],
    ['Filled', report.internalFilledSize, report.brokerFilledSize],
    ['Fill price', report.internalFillPrice, report.brokerFillPrice],
    ['Position', report.internalPositionSize, report.brokerPositionSize],
    ['Stop-loss', report.internalSl, report.brokerSl],
    ['Take-profit', report.internalTp, report.brokerTp],
  ];
  const isSilent = report.mismatches.some(({ kind }) => kind === 'QUERY_FAILED');
  const told = rows.map(([name, engine, broker]) => ({
    name,
    engine: engine ?? NONE,
    broker: broker ?? (isSilent ? UNTOLD : NONE),
    differs: engine !== broker,
  }));
  const known = new Set(report.mismatches.map(({ message }) => message));
  const others = one.mismatches.filter(({ message }) => !known.has(message));
  return [
    ...told,
    ...others.map(({ kind, expected, actual }) => ({ name: kind, engine: expected, broker: actual, differs: true })),
  ];
}
