/**
 * Reads options of an adapter: each check returns what is accepted, or throws a sentence that names option and bounds.
 */
import { FillchartError } from '../../domain/reasons.js';

/** An https address, or http on this machine; without a slash at its end. */
export function address(option: string, value: string): string {
  const protocol = URL.canParse(value) ? new URL(value).protocol : undefined;
  if (protocol === 'https:' || (protocol === 'http:' && isLocal(value))) return value.replace(/\/+$/, '');
  throw invalid(option, JSON.stringify(value), 'an https address, or http on this machine');
}

/** Is an address one of this machine? */
export const isLocal = (address: string): boolean =>
  URL.canParse(address) && ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(address).hostname);

export function between(
  option: string,
  value: number | undefined,
  byDefault: number,
  least: number,
  most: number,
): number {
  const given = value ?? byDefault;
  if (Number.isFinite(given) && given >= least && given <= most) return given;
  throw invalid(option, String(given), `${least} to ${most}`);
}

export function oneOf<Word extends string>(option: string, value: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  throw invalid(option, JSON.stringify(value), words.join(', '));
}

export const invalid = (option: string, value: string, accepted: string): FillchartError =>
  new FillchartError('INVALID_OPTION', `${option} is ${value}; accepted is ${accepted}.`);

/** A listener that throws must not stop an order from being watched. */
export const quietly =
  (warn: (message: string) => void) =>
  (message: string): void => {
    try {
      warn(message);
    } catch {
      // Said as well as could be.
    }
  };
