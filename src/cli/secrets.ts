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

/** Redacts every text in a value, however deep. */
export function deepRedactor(env: Environment): (value: unknown) => unknown {
  const redact = redactor(secretsIn(env));
  return function clean(value: unknown): unknown {
    if (typeof value === 'string') return redact(value);
    if (Array.isArray(value)) return value.map(clean);
    if (typeof value !== 'object' || value === null || value instanceof Error) return value;
    return Object.fromEntries(Object.entries(value).map(([name, own]) => [name, clean(own)]));
  };
}
