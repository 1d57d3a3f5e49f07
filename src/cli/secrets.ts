/**
 * The secrets that a process was given: by the names of their variables, for the redaction of what it writes.
 */
import { redactor } from '../adapters/brokers/redact.js';
import type { Environment } from './world.js';

const NAME = /(?:^|_)(?:API_?KEY|API_?KEY_ID|SECRET|SECRET_?KEY|PASSWORD|PASSPHRASE|TOKEN)$/i;
/** A shorter one would be found in words that mean nothing. */
const LEAST_LENGTH = 6;

export const secretsIn = (env: Environment): readonly string[] =>
  Object.entries(env).flatMap(([name, value = '']) => (NAME.test(name) && value.length >= LEAST_LENGTH ? [value] : []));

/** Nothing that is logged is deeper; what is goes round in a circle. */
const DEEPEST = 64;

/** Redacts every text in a value, however deep: names of members too, and the message, stack and cause of an error. */
export function deepRedactor(env: Environment): (value: unknown) => unknown {
  const redact = redactor(secretsIn(env));

  function clean(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return redact(value);
    if (typeof value !== 'object' || value === null) return value;
    if (depth > DEEPEST) return '[too deep]';
    if (Array.isArray(value)) return value.map((part) => clean(part, depth + 1));
    if (value instanceof Date) return value;
    const own = Object.entries(value).map(([name, part]) => [redact(name), clean(part, depth + 1)] as const);
    return value instanceof Error ? cleanError(value, own, depth) : Object.fromEntries(own);
  }

  function cleanError(error: Error, own: readonly (readonly [string, unknown])[], depth: number): Error {
    const { message, name, stack, cause } = error;
    const copy: Error = Object.assign(Object.create(Object.getPrototypeOf(error) as object), Object.fromEntries(own));
    const texts = { message: redact(message), name, ...(stack !== undefined && { stack: redact(stack) }) };
    for (const [member, text] of Object.entries({
      ...texts,
      ...(cause !== undefined && { cause: clean(cause, depth + 1) }),
    }))
      Object.defineProperty(copy, member, { value: text, configurable: true, writable: true });
    return copy;
  }

  return (value) => clean(value, 0);
}
