/**
 * A replay, state by state, with times; and whether its result is the recorded one.
 */
import type { Replay, ReplayStep, ReplayVerdict } from '../../journal/replay.js';
import { type Cell, type Column, table } from '../terminal/table.js';
import { shownT, shownTime } from './shown-time.js';
import { type Look, linesOf } from './timeline.js';

const COLUMNS: readonly Column[] = [
  { title: 'record', align: 'right', keep: 2 },
  { title: 'time (UTC)', keep: 1 },
  { title: 'T', align: 'right', keep: 3 },
  { title: 'fact', keep: 'always' },
  { title: 'state', keep: 'always' },
  { title: 'asked for', keep: 0, shrinkTo: 20, wraps: true },
];

export function replayLines(replay: Replay, look: Look): readonly string[] {
  const rows = replay.steps.map((step) => rowOf(step));
  return [...linesOf(table(COLUMNS, rows, look), look), '', ...ending(replay, look)];
}

const rowOf = ({ seq, wall, t, fact, from, to, commands }: ReplayStep): readonly Cell[] => [
  String(seq),
  { text: shownTime(wall), tone: 'dim' },
  shownT(t),
  factName(fact),
  from === to ? { text: to, tone: 'dim' } : { text: to, tone: 'info' },
  commands.join(' '),
];

/** Facts that come in kinds say which. */
function factName(fact: ReplayStep['fact']): string {
  switch (fact.type) {
    case 'DEADLINE':
      return `${fact.type} ${fact.name}`;
    case 'SUBMIT_OUTCOME':
      return `${fact.type} ${fact.outcome.kind}`;
    case 'CANCEL_OUTCOME':
      return `${fact.type} ${fact.outcome}`;
    case 'ORDER_REPORT':
      return `${fact.type} ${fact.report.status} ${fact.report.cumQty}`;
    case 'KILL_SWITCH':
      return `${fact.type} ${fact.switchType} ${fact.state}`;
    default:
      return fact.type;
  }
}

const SENTENCES: Record<ReplayVerdict, string> = {
  equal: 'The result is byte-equal to the recorded one.',
  different: 'The result differs from the recorded one.',
  unfinished: 'The journal holds no end of this execution: there is no result to compare.',
  unrecorded: 'The journal holds no hash of the result: there is nothing to compare with.',
};

function ending({ result, resultSha256, recordedSha256, verdict }: Replay, { paint }: Look): readonly string[] {
  const tone = verdict === 'equal' ? 'good' : verdict === 'unfinished' ? 'info' : 'bad';
  const hashes = [`replayed  ${resultSha256 ?? 'none'}`, `recorded  ${recordedSha256 ?? 'none'}`];
  // Beside the others: within the result it is wider than a terminal.
  const { snapshotHash, ...shown } = result ?? {};
  return [
    ...(result === undefined ? [] : [JSON.stringify(shown, null, 2), '']),
    ...(snapshotHash === undefined ? [] : [paint('dim', `snapshot  ${snapshotHash}`)]),
    ...(verdict === 'unfinished' ? [] : hashes.map((line) => paint('dim', line))),
    paint(tone, SENTENCES[verdict]),
  ];
}
