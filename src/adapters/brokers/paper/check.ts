/**
 * Checks of plain JSON that say what is accepted.
 *
 * 1. A check names the first value that it does not accept, by its path.
 * 2. Unknown keys are refused: a misspelt one would silently do nothing.
 */
import { isPositive, parseDecimal } from '../../../domain/decimal.js';
import { FillchartError } from '../../../domain/reasons.js';
import { show } from '../../../domain/snapshot.js';

/** What is wrong with a value, or `undefined` when nothing is. */
export interface Check {
  readonly accepted: string;
  problem(value: unknown, path: string): string | undefined;
}

/** Throws `INVALID_OPTION` unless the check accepts the value. */
export function assertAccepted(check: Check, value: unknown, path: string): void {
  const problem = check.problem(value, path);
  if (problem !== undefined) throw invalidOption(problem);
}

export const invalidOption = (problem: string): FillchartError =>
  new FillchartError('INVALID_OPTION', `paperBroker: ${problem}`);

export function check(accepted: string, accepts: (value: unknown) => boolean): Check {
  return {
    accepted,
    problem: (value, path) => (accepts(value) ? undefined : `${path} is ${show(value)}; accepted is ${accepted}.`),
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
  const names = [...Object.keys(required), ...Object.keys(optional).map((name) => `${name}?`)];
  return {
    accepted: `{ ${names.join(', ')} }`,
    problem(value, path) {
      if (!isRecord(value)) return `${path} is ${show(value)}; accepted is { ${names.join(', ')} }.`;
      for (const key of Object.keys(value)) {
        if (!Object.hasOwn(required, key) && !Object.hasOwn(optional, key)) {
          return `${path}.${key} is not known; known are ${names.join(', ')}.`;
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
): string | undefined {
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
      if (!Array.isArray(value) || value.length < least) return `${path} is ${show(value)}; accepted is ${accepted}.`;
      for (const [index, entry] of value.entries()) {
        const problem = item.problem(entry, `${path}[${index}]`);
        if (problem !== undefined) return problem;
      }
      return undefined;
    },
  };
}

/** Any of the checks. The problem is that of the only one whose shape fits, else that none accepts. */
export function either(...checks: readonly Check[]): Check {
  const accepted = checks.map((one) => one.accepted).join(', or ');
  return {
    accepted,
    problem(value, path) {
      const problems = checks.map((one) => one.problem(value, path));
      if (problems.includes(undefined)) return undefined;
      const deeper = problems.filter(
        (problem) => problem?.startsWith(`${path}.`) === true || problem?.startsWith(`${path}[`) === true,
      );
      return deeper.length === 1 ? deeper[0] : `${path} is ${show(value)}; accepted is ${accepted}.`;
    },
  };
}
