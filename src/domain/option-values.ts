/**
 * Values of options and arguments: what cannot be taken is refused in a sentence that names field, value and what is accepted (E8).
 */
import { FillchartError } from './reasons.js';
import { show } from './snapshot.js';

export const invalidOption = (name: string, value: unknown, accepted: string): FillchartError =>
  new FillchartError('INVALID_OPTION', `${name} is ${show(value)}; accepted is ${accepted}.`);

/** An object that can do all of this. @throws {FillchartError} `INVALID_OPTION` */
export function requireMethods(name: string, port: unknown, methods: readonly string[]): void {
  if (typeof port !== 'object' || port === null)
    throw invalidOption(name, port, `an object with ${methods.join(', ')}`);
  for (const method of methods) {
    const found = (port as Readonly<Record<string, unknown>>)[method];
    if (typeof found !== 'function') throw invalidOption(`${name}.${method}`, found, 'a function');
  }
}

export const requireClock = (name: string, clock: unknown): void =>
  requireMethods(name, clock, ['now', 'monotonic', 'setTimeout', 'clearTimeout']);

export function requireText(name: string, value: unknown, accepted = 'a text'): asserts value is string {
  if (typeof value !== 'string' || value === '') throw invalidOption(name, value, accepted);
}

/** An address of HTTP. @throws {FillchartError} `INVALID_OPTION` */
export function requireUrl(name: string, value: unknown): asserts value is string {
  if (typeof value !== 'string' || !/^https?:\/\//.test(value) || !URL.canParse(value))
    throw invalidOption(name, value, 'an address that begins with https:// or http://');
}

/** A whole number within bounds. @throws {FillchartError} `INVALID_OPTION` */
export function requireWhole(name: string, value: unknown, least: number, most = Number.MAX_SAFE_INTEGER): void {
  if (Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most) return;
  const accepted =
    most === Number.MAX_SAFE_INTEGER
      ? `a whole number of at least ${least}`
      : `a whole number from ${least} to ${most}`;
  throw invalidOption(name, value, least === Number.MIN_SAFE_INTEGER ? 'a whole number' : accepted);
}

export function requireList(name: string, value: unknown, accepted: string): asserts value is readonly unknown[] {
  if (!Array.isArray(value)) throw invalidOption(name, value, accepted);
}
