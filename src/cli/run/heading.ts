/**
 * The first lines of a run: what is about to happen, where, and on which clock.
 */
import { HARD_TIMEOUT_MS } from '../../domain/limits.js';
import { painter, wantsColour } from '../terminal/paint.js';
import { wrapped } from '../terminal/table.js';
import type { CliWorld } from '../world.js';
import type { ReportHead } from './report-json.js';

const MS_PER_SECOND = 1_000;
const DEFAULT_COLUMNS = 80;
const TEXT_WIDTH = 118;

export interface Heading extends ReportHead {
  readonly advisories: number;
  /** One phrase on where the broker's settings are from. */
  readonly about: string;
  /** Said loudly: that real money is at stake. */
  readonly stakes?: string | undefined;
}

export function heading(head: Heading, { stdout, env }: Pick<CliWorld, 'stdout' | 'env'>): string {
  const { fillchart, advisories, source, broker, about, journal } = head;
  const paint = painter(wantsColour(stdout, env));
  const width = stdout.isTTY === true ? Math.min(TEXT_WIDTH, (stdout.columns ?? DEFAULT_COLUMNS) - 1) : TEXT_WIDTH;
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
    '',
  ].join('\n');
}

/** Said because times on the screen are then not those on the wall. */
function clockLine(speed: number): string {
  const realSeconds = HARD_TIMEOUT_MS / MS_PER_SECOND / speed;
  return `simulated clock at ${speed} times the real speed: times shown are the engine's, and its 30 s pass in ${Number(realSeconds.toFixed(1))} s`;
}
