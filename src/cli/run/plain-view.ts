/**
 * The life cycles as lines, for pipes, files and CI: one line for each change of stage, each with its T.
 */
import { type Paint, painter, wantsColour } from '../terminal/paint.js';
import { padTo, printable, textWidth } from '../terminal/text-width.js';
import type { Environment, TextSink } from '../world.js';
import { STATUS_LOOK, type Tracked, type TrackedView } from './tracked.js';
import type { PlannedAdvisory, RunView } from './view.js';

const T_WIDTH = 9;
const STAGE_WIDTH = 18;
const STATE_WIDTH = 11;

export function plainView(stdout: TextSink, env: Environment): RunView {
  const paint = painter(wantsColour(stdout, env));
  let widths = { advisoryId: 0, symbol: 0, quantity: 0 };

  const write = (line: string): void => void stdout.write(`${line}\n`);
  const show = (one: Tracked): void => write(lineOf(one.view(), widths, paint));

  return {
    start({ advisories }) {
      widths = {
        advisoryId: widest('advisory', advisories, ({ advisoryId }) => advisoryId),
        symbol: widest('symbol', advisories, ({ symbol }) => symbol),
        quantity: widest('filled', advisories, ({ size }) => `${size}/${size}`),
      };
      write(paint('dim', headerOf(widths)));
    },
    started: show,
    changed: show,
    ended: () => undefined,
    note: (tone, sentence) => write(paint(tone, `${' '.repeat(T_WIDTH)}  ${printable(sentence)}`)),
    command: (text) => write(`    ${text}`),
    stop: () => undefined,
  };
}

const widest = (
  title: string,
  advisories: readonly PlannedAdvisory[],
  textOf: (advisory: PlannedAdvisory) => string,
): number => advisories.reduce((most, one) => Math.max(most, textWidth(printable(textOf(one)))), textWidth(title));

interface Widths {
  readonly advisoryId: number;
  readonly symbol: number;
  readonly quantity: number;
}

function headerOf({ advisoryId, symbol, quantity }: Widths): string {
  const cells = [
    padTo('T', T_WIDTH, 'right'),
    padTo('advisory', advisoryId),
    padTo('symbol', symbol),
    'side',
    padTo('filled', quantity, 'right'),
    padTo('stage', STAGE_WIDTH),
    padTo('state', STATE_WIDTH),
    'average price',
  ];
  return cells.join('  ');
}

function lineOf(view: TrackedView, widths: Widths, paint: Paint): string {
  const { tSeconds, status, avgPrice } = view;
  const t = tSeconds === undefined ? '–' : `${tSeconds.toFixed(3)} s`;
  const price = avgPrice === undefined ? '' : `  @ ${avgPrice}`;
  const cells = [
    paint('dim', padTo(t, T_WIDTH, 'right')),
    padTo(printable(view.advisoryId), widths.advisoryId),
    padTo(printable(view.symbol), widths.symbol),
    padTo(view.side, 4),
    padTo(`${view.filled}/${printable(view.size)}`, widths.quantity, 'right'),
    paint(status === undefined ? 'plain' : STATUS_LOOK[status].tone, padTo(view.stage, STAGE_WIDTH)),
    paint('dim', padTo(view.state.split('.')[0] ?? '', STATE_WIDTH)),
  ];
  return `${cells.join('  ')}${price}`.trimEnd();
}
