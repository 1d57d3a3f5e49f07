/**
 * Requests against the schemas of their route: what is not accepted is named with field, value and what is.
 */
import type { TSchema } from '@sinclair/typebox';
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler';
import { nearestName } from '../../domain/nearest-name.js';
import { show } from '../../domain/snapshot.js';
import { wordsOf } from '../api/common.js';
import { refuse } from './refusal.js';

export type CheckPart = (value: unknown) => unknown;

/**
 * @param isText the values come as text, as in a query: numbers are read from it
 * @param code of the refusal: `INVALID_REQUEST`, or that of what the body is about
 */
export function partCheck(schema: TSchema, isText: boolean): CheckPart {
  return (given) => {
    const compiled = compiledOf(schema);
    const value = isText ? readText(schema, given) : given;
    if (compiled.Check(value)) return value;
    throw refusalOf(schema, value, [...compiled.Errors(value)]);
  };
}

/** Compiled when it is first needed, once for all services of the process. */
const compiledChecks = new WeakMap<TSchema, TypeCheck<TSchema>>();

function compiledOf(schema: TSchema): TypeCheck<TSchema> {
  const known = compiledChecks.get(schema) ?? TypeCompiler.Compile(schema);
  compiledChecks.set(schema, known);
  return known;
}

/** Numbers of a query, read from their text; what is none stays text, and is refused. */
function readText(schema: TSchema, given: unknown): unknown {
  if (typeof given !== 'object' || given === null) return {};
  const members: Record<string, TSchema> = schema['properties'] ?? {};
  return Object.fromEntries(
    Object.entries(given).map(([name, text]) => [
      name,
      members[name]?.['type'] === 'integer' && /^\d{1,9}$/.test(String(text)) ? Number(text) : text,
    ]),
  );
}

interface Found {
  readonly path: string;
  readonly message: string;
  readonly value: unknown;
  readonly schema: TSchema;
}

function refusalOf(schema: TSchema, value: unknown, errors: readonly Found[]): Error {
  const known = Object.keys((schema['properties'] as object | undefined) ?? {});
  const unknown =
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.keys(value).find((name) => schema['additionalProperties'] === false && !known.includes(name))
      : undefined;
  if (unknown !== undefined) {
    const nearest = nearestName(unknown, known);
    const accepted = nearest === undefined ? `accepted are ${known.join(', ') || 'none'}` : `did you mean ${nearest}?`;
    return refuse('INVALID_REQUEST', `${show(unknown)} is not known; ${accepted}`.replace(/([^?])$/, '$1.'), {
      field: unknown,
    });
  }
  const [first] = errors;
  const field = first?.path.slice(1).replaceAll('/', '.') ?? '';
  const shown = first?.value === undefined ? 'missing' : show(first.value);
  const accepted = first === undefined ? 'what the interface says' : acceptedBy(first);
  const name = field === '' ? 'The request' : field;
  return refuse('INVALID_REQUEST', `${name} is ${shown}; accepted is ${accepted}.`, { ...(field !== '' && { field }) });
}

function acceptedBy({ schema, message }: Found): string {
  const { type, minLength, maxLength, minimum, maximum, minItems, maxItems } = schema as Record<string, unknown>;
  const words = wordsOf(schema);
  if (words !== undefined) return words.join(', ');
  if (type === 'string' && maxLength !== undefined)
    return `text of ${String(minLength ?? 0)} to ${String(maxLength)} characters`;
  if (type === 'integer') return `a whole number from ${String(minimum ?? 'any')} to ${String(maximum ?? 'any')}`;
  if (type === 'array') return `a list of ${String(minItems ?? 0)} to ${String(maxItems ?? 'any number of')} entries`;
  if (type === 'boolean') return 'true or false';
  if (type === 'object') return 'an object';
  return message.charAt(0).toLowerCase() + message.slice(1);
}
