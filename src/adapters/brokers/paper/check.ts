/**
 * Checks of plain JSON that say what is accepted.
 *
 * 1. A check names the first value that it does not accept, by its path.
 * 2. Unknown keys are refused: a misspelt one would silently do nothing.
 */
import { isPositive, parseDecimal } from '../../../domain/decimal.js';
import { FillchartError } from '../../../domain/reasons.js';
import { show } from '../../../domain/snapshot.js';

export interface Problem {
  /** Where, such as `scripts.AAPL.fills[0].price`. */
  readonly path: string;
  /** How the sentence that begins with the path goes on. */
  readonly says: string;
}

export interface Check {
  readonly accepted: string;
  /** What is wrong with the value, or `undefined` when nothing is. */
  problem(value: unknown, path: string): Problem | undefined;
}

/** Throws `INVALID_OPTION` unless the check accepts the value. */
export function assertAccepted(check: Check, value: unknown, path: string): void {
  const problem = check.problem(value, path);
  if (problem !== undefined) throw invalidOption(`${problem.path} ${problem.says}`);
}

export const invalidOption = (sentence: string): FillchartError =>
  new FillchartError('INVALID_OPTION', `paperBroker: ${sentence}`);

const notAccepted = (value: unknown, path: string, accepted: string): Problem => ({
  path,
  says: `is ${show(value)}; accepted is ${accepted}.`,
});

export function check(accepted: string, accepts: (value: unknown) => boolean): Check {
  return {
    accepted,
    problem: (value, path) => (accepts(value) ? undefined : notAccepted(value, path, accepted)),
  };
}

const isFiniteNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const text = check('text', (value) => typeof value === 'string' && value !== '');
export const flag = check('true or false', (value) => typeof value === 'boolean');
export const milliseconds = check(
  'a number of milliseconds, 0 or more',
  (value) => isFiniteNumber(value) && value >= 0,
);
export const signedDecimal = check(
  'a decimal in a string',
  (value) => typeof value === 'string' && parseDecimal(value) !== undefined,
);
export const positiveDecimal = check('a decimal greater than zero, in a string', (value) => {
  const read = typeof value === 'string' ? parseDecimal(value) : undefined;
  return read !== undefined && isPositive(read);
});
export const nothing = check('null', (value) => value === null);

export const words = (...accepted: readonly string[]): Check =>
  check(
    accepted.map((word) => `'${word}'`).join(', '),
    (value) => typeof value === 'string' && accepted.includes(value),
  );

export const numberBetween = (least: number, most: number): Check =>
  check(`a number from ${least} to ${most}`, (value) => isFiniteNumber(value) && value >= least && value <= most);

export const wholeBetween = (least: number, most: number): Check =>
  check(
    `a whole number from ${least} to ${most}`,
    (value) => isFiniteNumber(value) && Number.isInteger(value) && value >= least && value <= most,
  );

/** A record with these keys and no others. */
export function record(
  required: Readonly<Record<string, Check>>,
  optional: Readonly<Record<string, Check>> = {},
): Check {
  const names = [...Object.keys(required), ...Object.keys(optional).map((name) => `${name}?`)].join(', ');
  const accepted = `{ ${names} }`;
  return {
    accepted,
    problem(value, path) {
      if (!isRecord(value)) return notAccepted(value, path, accepted);
      for (const key of Object.keys(value)) {
        if (!Object.hasOwn(required, key) && !Object.hasOwn(optional, key)) {
          return { path: `${path}.${key}`, says: `is not known; known are ${names}.` };
        }
      }
      return firstProblem(value, path, required, true) ?? firstProblem(value, path, optional, false);
    },
  };
}

function firstProblem(
  value: Readonly<Record<string, unknown>>,
  path: string,
  fields: Readonly<Record<string, Check>>,
  isRequired: boolean,
): Problem | undefined {
  for (const [name, field] of Object.entries(fields)) {
    if (value[name] === undefined && !isRequired) continue;
    const problem = field.problem(value[name], `${path}.${name}`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

export function listOf(item: Check, least = 0): Check {
  const accepted = `a list of ${item.accepted}${least > 0 ? `, at least ${least}` : ''}`;
  return {
    accepted,
    problem(value, path) {
      if (!Array.isArray(value) || value.length < least) return notAccepted(value, path, accepted);
      for (const [index, entry] of value.entries()) {
        const problem = item.problem(entry, `${path}[${index}]`);
        if (problem !== undefined) return problem;
      }
      return undefined;
    },
  };
}

/** Any of the checks. When none accepts, the one that got furthest into the value has the word. */
export function either(...checks: readonly Check[]): Check {
  const accepted = checks.map((one) => one.accepted).join(', or ');
  return {
    accepted,
    problem(value, path) {
      const problems: Problem[] = [];
      for (const one of checks) {
        const problem = one.problem(value, path);
        if (problem === undefined) return undefined;
        problems.push(problem);
      }
      const deepest = Math.max(...problems.map(depthOf));
      const furthest = problems.filter((problem) => depthOf(problem) === deepest);
      const only = furthest.length === 1 ? furthest[0] : undefined;
      return only ?? notAccepted(value, path, accepted);
    },
  };
}

const depthOf = ({ path }: Problem): number => path.split(/[.[]/).length;
