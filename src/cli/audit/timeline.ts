/**
 * The audit log as a timeline: when, at what T, of which advisory, what, and the main of what there is to say.
 */
import type { AuditEvent, AuditRecord } from '../../domain/audit.js';
import type { Paint, Tone } from '../terminal/paint.js';
import { type Column, type Table, table, wrapped } from '../terminal/table.js';
import { printable } from '../terminal/text-width.js';
import { mainDetails } from './main-details.js';
import { shownT, shownTime } from './shown-time.js';

const COLUMNS: readonly Column[] = [
  { title: 'time (UTC)', keep: 2 },
  { title: 'T', align: 'right', keep: 1 },
  { title: 'advisory', keep: 3, shrinkTo: 16, whole: true },
  { title: 'event', keep: 'always' },
  // Where there is no room beside the event, they go below it: when and whose it was matters as much.
  { title: 'details', keep: 'always', shrinkTo: 1, wraps: true },
];

const TONES: Partial<Record<AuditEvent, Tone>> = {
  execution_start: 'bold',
  execution_result: 'bold',
  order_filled: 'good',
  protection_placed: 'good',
  order_partially_filled: 'info',
  validation_failed: 'warn',
  order_rejected: 'warn',
  order_unknown: 'warn',
  timeout: 'warn',
  recovered: 'info',
  protection_failed: 'bad',
  case_opened: 'bad',
  kill_switch_set: 'halted',
  kill_switch_abort: 'halted',
  kill_switch_released: 'halted',
};

export interface Look {
  /** Columns of the terminal. */
  readonly width: number;
  readonly paint: Paint;
}

/** The lines of a table, and what there was no room for. */
export const linesOf = ({ lines, omitted }: Table, { width, paint }: Look): readonly string[] =>
  omitted.length === 0
    ? lines
    : [...lines, ...wrapped(`no room here for: ${omitted.join(', ')}`, width).map((line) => paint('dim', line))];

/** The lines of the timeline. Without `advisoryId` it is one of all advisories, and says whose each line is. */
export function timeline(log: readonly AuditRecord[], advisoryId: string | undefined, look: Look): readonly string[] {
  const hidesAdvisory = advisoryId !== undefined;
  const visible = <T>(cells: readonly T[]): readonly T[] => cells.filter((_, index) => !(hidesAdvisory && index === 2));
  const rows = log.map((record) =>
    visible([
      { text: shownTime(record.timestamp), tone: 'dim' as const },
      shownT(record.t),
      record.advisoryId ?? '',
      { text: record.event, tone: TONES[record.event] ?? ('plain' as const) },
      mainDetails(record),
    ]),
  );
  return linesOf(table(visible(COLUMNS), rows, look), look);
}

/** Lines that were written since, one for each: what comes later cannot widen a table that stands. */
export function newLines(
  log: readonly AuditRecord[],
  advisoryId: string | undefined,
  { width, paint }: Look,
): readonly string[] {
  return log.flatMap((record) => {
    const whose = advisoryId === undefined ? [record.advisoryId ?? ''] : [];
    const cells = [shownTime(record.timestamp), shownT(record.t), ...whose, record.event, mainDetails(record)];
    const line = printable(cells.filter((cell) => cell !== '').join('  '));
    return wrapped(line, width, '    ').map((part) => paint(TONES[record.event] ?? 'plain', part));
  });
}
