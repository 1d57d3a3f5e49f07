/**
 * Checks of plain JSON that say what is accepted.
 *
 * 1. A check names the first value that it does not accept, by its path.
 * 2. Unknown keys are refused: a misspelt one would silently do nothing.
 * 3. A check can say itself as JSON Schema, for editors: `schemas/` is made of the very checks that read the configs.
 */
import { isPositive, parseDecimal } from '../../../domain/decimal.js';
import { nearestName } from '../../../domain/nearest-name.js';
import { FillchartError } from '../../../domain/reasons.js';
import { show } from '../../../domain/snapshot.js';

interface Problem {
  /** Where, such as `scripts.AAPL.fills[0].price`. */
  readonly path: string;
  /** How the sentence that begins with the path goes on. */
  readonly says: string;
}

/** A JSON Schema (2020-12), as plain JSON. */
export type Schema = { readonly [keyword: string]: unknown };

export interface Check {
  readonly accepted: string;
  /** The same as JSON Schema, as far as that can say it. */
  readonly schema: Schema;
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

export function check(
  accepted: string,
  accepts: (value: unknown) => boolean,
  schema: Schema = { description: accepted },
): Check {
  return {
    accepted,
    schema,
    problem: (value, path) => (accepts(value) ? undefined : notAccepted(value, path, accepted)),
  };
}

const isFiniteNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const text = check('text', (value) => typeof value === 'string' && value !== '', {
  type: 'string',
  minLength: 1,
});
export const flag = check('true or false', (value) => typeof value === 'boolean', { type: 'boolean' });
export const milliseconds = check(
  'a number of milliseconds, 0 or more',
  (value) => isFiniteNumber(value) && value >= 0,
  { type: 'number', minimum: 0, description: 'milliseconds' },
);
export const signedDecimal = check(
  'a decimal in a string',
  (value) => typeof value === 'string' && parseDecimal(value) !== undefined,
  { type: 'string', pattern: '^[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d{1,4})?$' },
);
export const positiveDecimal = check(
  'a decimal greater than zero, in a string',
  (value) => {
    const read = typeof value === 'string' ? parseDecimal(value) : undefined;
    return read !== undefined && isPositive(read);
  },
  {
    type: 'string',
    pattern: '^\\+?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d{1,4})?$',
    description: 'a decimal greater than zero',
  },
);
export const nothing = check('null', (value) => value === null, { type: 'null' });

export const words = (...accepted: readonly string[]): Check =>
  check(
    accepted.map((word) => `'${word}'`).join(', '),
    (value) => typeof value === 'string' && accepted.includes(value),
    { enum: accepted },
  );

export const numberBetween = (least: number, most: number): Check =>
  check(`a number from ${least} to ${most}`, (value) => isFiniteNumber(value) && value >= least && value <= most, {
    type: 'number',
    minimum: least,
    maximum: most,
  });

export const wholeBetween = (least: number, most: number): Check =>
  check(
    `a whole number from ${least} to ${most}`,
    (value) => isFiniteNumber(value) && Number.isInteger(value) && value >= least && value <= most,
    { type: 'integer', minimum: least, maximum: most },
  );

/** A record with these keys and no others. */
export function record(
  required: Readonly<Record<string, Check>>,
  optional: Readonly<Record<string, Check>> = {},
): Check {
  const names = [...Object.keys(required), ...Object.keys(optional).map((name) => `${name}?`)].join(', ');
  const accepted = `{ ${names} }`;
  const properties = Object.entries({ ...required, ...optional }).map(([name, { schema }]) => [name, schema]);
  return {
    accepted,
    schema: {
      type: 'object',
      properties: Object.fromEntries(properties),
      ...(Object.keys(required).length > 0 && { required: Object.keys(required) }),
      additionalProperties: false,
    },
    problem(value, path) {
      if (!isRecord(value)) return notAccepted(value, path, accepted);
      for (const key of Object.keys(value)) {
        if (!Object.hasOwn(required, key) && !Object.hasOwn(optional, key)) {
          const nearest = nearestName(key, [...Object.keys(required), ...Object.keys(optional)]);
          const hint = nearest === undefined ? `known are ${names}.` : `did you mean "${nearest}"?`;
          return { path: `${path}.${key}`, says: `is not known; ${hint}` };
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
    schema: { type: 'array', items: item.schema, ...(least > 0 && { minItems: least }) },
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
    schema: { anyOf: checks.map(({ schema }) => schema) },
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
