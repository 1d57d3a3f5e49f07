/**
 * What follows the table where all of it in full would push the table off the screen: every id, and the command that shows the rest.
 *
 * 1. Nothing is left out that says where money is at stake: each open case has a line, with its urgency and what comes next.
 * 2. It is for a terminal alone; a pipe or a file gets everything.
 */
import { caseDetails } from '../journal-admin/case-text.js';
import { type JournalPlace, statusCommand } from '../journal-admin/shell-command.js';
import { switchName } from '../journal-admin/switch-text.js';
import type { Paint } from '../terminal/paint.js';
import { wrapped } from '../terminal/table.js';
import { clip } from '../terminal/text-width.js';
import type { ExecutedLine, RunOutcome } from './outcome.js';

interface ShortLook {
  readonly width: number;
  readonly paint: Paint;
  readonly place: JournalPlace;
}

export function shortFooter(
  outcome: RunOutcome,
  executed: readonly ExecutedLine[],
  { width, paint, place }: ShortLook,
): readonly string[] {
  return [
    ...reasons(executed, width).map((line) => paint('dim', line)),
    ...cases(outcome, width).map((line) => paint('bad', line)),
    ...switches(outcome, width),
    // A line with a command is never broken or cut.
    `more, and how to resolve and release: ${statusCommand(place)}`,
  ];
}

/** Each reason once, with the advisories that have it. */
function reasons(executed: readonly ExecutedLine[], width: number): readonly string[] {
  const byReason = new Map<string, string[]>();
  for (const { result, repeats } of executed) {
    if (result.reason === undefined || repeats !== undefined) continue;
    byReason.set(result.reason, [...(byReason.get(result.reason) ?? []), result.advisoryId]);
  }
  if (byReason.size === 0) return [];
  const texts = [...byReason].map(([reason, ids]) => `${reason} ${ids.join(', ')}`);
  return wrapped(`Not as approved: ${texts.join('; ')}.`, width, '  ');
}

function cases({ openCases, stakes }: RunOutcome, width: number): readonly string[] {
  return openCases.map((one) => {
    const { urgency, nextStep } = caseDetails(one, stakes);
    const head = [one.caseId, one.symbol, ...(urgency === 'now' ? ['URGENT'] : [])].join(' ');
    return clip(`${head}: ${nextStep}`, Math.max(width, head.length));
  });
}

function switches({ switches: all }: RunOutcome, width: number): readonly string[] {
  const named = (state: string) => all.filter((one) => one.state === state).map(switchName);
  const texts = ['ACTIVE', 'WARNING'].flatMap((state) => {
    const names = named(state);
    return names.length === 0 ? [] : [`${state}: ${names.join(', ')}`];
  });
  return texts.length === 0 ? [] : wrapped(`Kill switches ${texts.join('; ')}.`, width, '  ');
}
