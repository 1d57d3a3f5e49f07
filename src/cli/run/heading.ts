/**
 * The first lines of a run: what is about to happen, where, and on which clock.
 */
import { HARD_TIMEOUT_MS } from '../../domain/limits.js';
import { painter, wantsColour } from '../terminal/paint.js';
import { sentenceWidth } from '../terminal/size.js';
import { wrapped } from '../terminal/table.js';
import type { CliWorld } from '../world.js';
import type { ReportHead } from './report-json.js';
import type { Standing } from './standing.js';

const MS_PER_SECOND = 1_000;

export interface Heading extends ReportHead {
  readonly advisories: number;
  /** One phrase on where the broker's settings are from. */
  readonly about: string;
  /** Said loudly: that real money is at stake. */
  readonly stakes?: string | undefined;
  /** What stands in the journal against the advisories. */
  readonly standing: readonly Standing[];
}

export function heading(head: Heading, { stdout, env }: Pick<CliWorld, 'stdout' | 'env'>): string {
  const { fillchart, advisories, source, broker, about, journal } = head;
  const paint = painter(wantsColour(stdout, env));
  const width = sentenceWidth(stdout);
  const lines = [
    `fillchart ${fillchart}: ${advisories === 1 ? '1 advisory' : `${advisories} advisories`} from ${source}, side by side`,
    `broker ${broker} (${about}), journal ${journal}`,
    ...(head.speed === 1 ? [] : [clockLine(head.speed)]),
  ];
  const [title = '', ...rest] = lines.flatMap((line) => wrapped(line, width, '  '));
  const stakes = head.stakes === undefined ? [] : wrapped(head.stakes, width, '  ');
  return [
    paint('bold', title),
    ...rest.map((line) => paint('dim', line)),
    ...stakes.map((line) => paint('bad', line)),
    ...head.standing.flatMap(({ tone, sentence, command }) => [
      ...wrapped(sentence, width, '  ').map((line) => paint(tone, line)),
      ...(command === undefined ? [] : [command]),
    ]),
    '',
  ].join('\n');
}

/** Said because times on the screen are then not those on the wall. */
function clockLine(speed: number): string {
  const realSeconds = HARD_TIMEOUT_MS / MS_PER_SECOND / speed;
  return `simulated clock at ${speed} times the real speed: times shown are the engine's, and its 30 s pass in ${Number(realSeconds.toFixed(1))} s`;
}
