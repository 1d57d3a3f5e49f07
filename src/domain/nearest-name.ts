/**
 * The known name that is meant by one that is not known: a letter too many, two swapped, or another way of writing words.
 */

/** The known name that takes the fewest changes, when these are few for a name of its length. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const same = known.find((each) => plain(each) === plain(name));
  if (same !== undefined) return same;
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

/** `sl_offset_pct`, `sl-offset-pct` and `SlOffsetPct` are `slOffsetPct`. */
const plain = (name: string): string => name.replaceAll(/[_-]/g, '').toLowerCase();
