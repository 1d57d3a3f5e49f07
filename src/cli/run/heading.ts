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

interface Heading extends ReportHead {
  /** Different ones: lines that repeat another are one advisory with it. */
  readonly advisories: number;
  /** Lines that repeat another. */
  readonly repeats: number;
  /** Executions that the journal brought along without a result. */
  readonly recovered: number;
  /** One phrase on where the broker's settings are from. */
  readonly about: string;
  /** Said loudly: that real money is at stake. */
  readonly stakes?: string | undefined;
  /** What stands in the journal against the advisories. */
  readonly standing: readonly Standing[];
}

export function heading(head: Heading, { stdout, env }: Pick<CliWorld, 'stdout' | 'env'>): string {
  const { fillchart, source, broker, about, journal } = head;
  const paint = painter(wantsColour(stdout, env));
  const width = sentenceWidth(stdout);
  const bound = head.advisories > head.concurrency ? `, ${head.concurrency} at a time` : '';
  const goesOn =
    head.recovered === 1
      ? '1 execution of the journal has no result yet; it goes on, and this run waits for it'
      : `${head.recovered} executions of the journal have no result yet; they go on, and this run waits for them`;
  const lines = [
    `fillchart ${fillchart}: ${countOf(head)} from ${source}, side by side${bound}`,
    `broker ${broker} (${about}), journal ${journal}`,
    ...(head.recovered === 0 ? [] : [goesOn]),
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

function countOf({ advisories, repeats }: Heading): string {
  const count = advisories === 1 ? '1 advisory' : `${advisories} advisories`;
  if (repeats === 0) return count;
  return `${count} (${repeats === 1 ? '1 line repeats' : `${repeats} lines repeat`} another)`;
}

/** Said because times on the screen are then not those on the wall. */
function clockLine(speed: number): string {
  const realSeconds = HARD_TIMEOUT_MS / MS_PER_SECOND / speed;
  return `simulated clock at ${speed} times the real speed: times shown are the engine's, and its 30 s pass in ${Number(realSeconds.toFixed(1))} s`;
}
