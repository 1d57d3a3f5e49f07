/**
 * What a config may say, by name: an unknown name is refused, with the nearest known one (E8).
 */
import { isRecord } from '../../adapters/brokers/paper/check.js';
import { nearestName } from '../../domain/nearest-name.js';
import { show } from '../../domain/snapshot.js';
import type { Config } from '../brokers/config-file.js';
import { UsageError } from '../exit-codes.js';

/** One object of a config. */
export interface Place {
  readonly file: string;
  /** Such as `accounts[0]`; empty at the top. */
  readonly path: string;
}

export const inside = ({ file, path }: Place, name: string): Place => ({
  file,
  path: path === '' ? name : `${path}.${name}`,
});

export const notAccepted = ({ file, path }: Place, value: unknown, accepted: string): UsageError =>
  new UsageError(`${file}: ${path} is ${value === undefined ? 'missing' : show(value)}; accepted is ${accepted}.`);

/** @throws {UsageError} for what is no object, or has a member that is not known */
export function objectAt(place: Place, value: unknown, known: readonly string[]): Config {
  if (!isRecord(value)) throw notAccepted(place, value, `an object with ${known.join(', ')}`);
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue;
    const nearest = nearestName(name, known);
    const hint = nearest === undefined ? `known are ${known.join(', ')}` : `did you mean "${nearest}"?`;
    throw new UsageError(`${place.file}: ${inside(place, name).path} is not known; ${hint}`.replace(/([^?])$/, '$1.'));
  }
  return value;
}

export function textAt(place: Place, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw notAccepted(place, value, 'text');
}

export function flagAt(place: Place, value: unknown): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  throw notAccepted(place, value, 'true or false');
}

export function wholeAt(place: Place, value: unknown, least: number, most: number): number | undefined {
  if (value === undefined) return undefined;
  if (Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most) return Number(value);
  throw notAccepted(place, value, `a whole number from ${least} to ${most}`);
}

export function listAt<T>(
  place: Place,
  value: unknown,
  read: (place: Place, one: unknown) => T,
): readonly T[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw notAccepted(place, value, 'a list');
  return value.map((one: unknown, index) => read({ file: place.file, path: `${place.path}[${index}]` }, one));
}

export const textsAt = (place: Place, value: unknown): readonly string[] | undefined =>
  listAt(place, value, (one, each) => {
    const text = textAt(one, each);
    if (text === undefined) throw notAccepted(one, each, 'text');
    return text;
  });
