/**
 * Names of options: what is not known is refused, with the nearest known name (E8).
 *
 * A misspelt option that is passed over is a control that the operator believes to be there.
 */
import { FillchartError } from './reasons.js';
import { show } from './snapshot.js';

/** Names by which callers have tried to move T. */
const OF_TIME = /timeout|late.*window|fill.*window|deadlinems$/i;

/**
 * @param what whose options these are, such as `createEngine`
 * @param prefix of nested options, such as `deadlines.`
 * @throws {FillchartError} `INVALID_OPTION`
 */
export function refuseUnknown(what: string, given: unknown, known: readonly string[], prefix = ''): void {
  if (given === undefined) return;
  if (typeof given !== 'object' || given === null) {
    throw new FillchartError('INVALID_OPTION', `The options of ${what} are ${show(given)}; accepted is an object.`);
  }
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) throw new FillchartError('INVALID_OPTION', sentence(what, name, known, prefix));
  }
}

function sentence(what: string, name: string, known: readonly string[], prefix: string): string {
  const nearest = nearestName(name, known);
  const unknown = `${what} has no option ${prefix}${name}`;
  const isOfTime = OF_TIME.test(name.replaceAll('_', ''));
  if (isOfTime && nearest === undefined) {
    return `${unknown}: T is fixed. An order that is not filled is cancelled at T = 30 s, the window for late fills ends at T = 32 s, and no option moves either.`;
  }
  if (nearest !== undefined) return `${unknown}; did you mean "${prefix}${nearest}"?`;
  return `${unknown}; known are ${known.map((each) => prefix + each).join(', ')}.`;
}

/** The known name that takes the fewest changes, when these are few for a name of its length. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let least = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const each of known) {
    const changes = changesBetween(name.toLowerCase(), each.toLowerCase());
    if (changes >= least) continue;
    least = changes;
    nearest = each;
  }
  return nearest;
}

/** Letters to insert, delete or replace, or neighbours to swap, to turn one name into the other. */
function changesBetween(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwap = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      const swapped = isSwap && row > 1 && column > 1 ? at(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY;
      current.push(
        Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + (isSame ? 0 : 1), swapped),
      );
    }
    beforeLast = last;
    last = current;
  }
  return at(last, to.length);
}

const at = (row: readonly number[], column: number): number => row[column] ?? Number.POSITIVE_INFINITY;
