/**
 * Names of options: what is not known is refused, with the nearest known name (E8).
 *
 * A misspelt option that is passed over is a control that the operator believes to be there.
 */
import { nearestName } from './nearest-name.js';
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
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    const subject = prefix === '' ? `The options of ${what} are` : `${prefix.slice(0, -1)} is`;
    throw new FillchartError('INVALID_OPTION', `${subject} ${show(given)}; accepted is an object.`);
  }
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) throw new FillchartError('INVALID_OPTION', sentence(what, name, known, prefix));
  }
}

/**
 * Options without which there is nothing to do: callers from JavaScript may leave them out.
 *
 * @param known names of options; without it any name will do, and what takes them judges them
 * @throws {FillchartError} `INVALID_OPTION`
 */
export function requireOptions(what: string, given: unknown, known?: readonly string[]): void {
  if (given === undefined)
    throw new FillchartError('INVALID_OPTION', `The options of ${what} are missing; accepted is an object.`);
  refuseUnknown(what, given, known ?? (given === null ? [] : Object.keys(Object(given))));
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
