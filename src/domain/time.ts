/**
 * Times as canonical text: ISO 8601 in UTC, at least milliseconds, finer digits kept.
 */

const ISO_WITH_ZONE =
  /^(\d{4}|[+-]\d{6})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?([Zz]|[+-]\d{2}(?::?\d{2})?)$/;

const MS_PER_SECOND = 1_000;
const MS_PER_MINUTE = 60_000;

/**
 * Reads a time from a valid `Date` or from ISO 8601 text with a zone, and returns it as canonical UTC text such as
 * `2030-01-01T00:00:00.000Z`. Digits finer than a millisecond are kept, so that two times that differ stay different.
 * Years before 0 and after 9999 are written with a sign and six digits, as a `Date` writes them.
 * Returns `undefined` for anything else, including text without a zone and days that no calendar has.
 */
export function parseTime(value: unknown): string | undefined {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  if (typeof value !== 'string') return undefined;
  const match = ISO_WITH_ZONE.exec(value);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second = '00', fraction = '', zone = 'Z'] = match;
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const localMs = Date.parse(local);
  // Date.parse rolls 30 February over into March: text that does not come back as it went in names no day.
  if (Number.isNaN(localMs) || new Date(localMs).toISOString() !== local) return undefined;
  const offsetMs = zoneOffsetMs(zone);
  if (offsetMs === undefined) return undefined;
  const utc = offsetMs === 0 ? local : isoOf(localMs - offsetMs);
  const time = utc && `${utc.slice(0, -'000Z'.length)}${canonicalFraction(fraction)}Z`;
  // The last second that a Date has is not whole.
  return time === undefined || Number.isNaN(Date.parse(time)) ? undefined : time;
}

/** `undefined` for an instant that no `Date` has. */
function isoOf(ms: number): string | undefined {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

function canonicalFraction(digits: string): string {
  const padded = digits.padEnd(3, '0');
  return padded.slice(0, 3) + padded.slice(3).replace(/0+$/, '');
}

function zoneOffsetMs(zone: string): number | undefined {
  if (zone === 'Z' || zone === 'z') return 0;
  const sign = zone.startsWith('-') ? -1 : 1;
  const digits = zone.slice(1).replace(':', '');
  const hours = Number(digits.slice(0, 2));
  const minutes = Number(digits.slice(2) || '0');
  return hours > 23 || minutes > 59 ? undefined : sign * (hours * 60 + minutes) * MS_PER_MINUTE;
}

/** Epoch milliseconds of a canonical time. */
export const epochMs = (time: string): number => Date.parse(time);

/** A second, and its text up to the point. */
interface SecondText {
  readonly second: number;
  readonly text: string;
}

/** The two seconds that were asked for last, the latest first: an audit line may tell of now and of then. */
let latest: SecondText = { second: Number.NaN, text: '' };
let other = latest;

/** Canonical text of an instant in epoch milliseconds. What follows in the same second differs in its last digits only. */
export function isoTime(ms: number): string {
  // Clocks count fractions of a millisecond; the text has none.
  const whole = Math.trunc(ms);
  if (!Number.isSafeInteger(whole)) return new Date(ms).toISOString();
  const second = Math.floor(whole / MS_PER_SECOND);
  const rest = whole - second * MS_PER_SECOND;
  if (second !== latest.second) {
    const isOther = second === other.second;
    const now = isOther ? other : { second, text: new Date(ms).toISOString().slice(0, -'000Z'.length) };
    other = latest;
    latest = now;
  }
  return `${latest.text}${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}Z`;
}

/** A reading of the monotonic clock, as it is recorded where a process takes an execution up. */
export type ClockReading = {
  /** See `Clock.monotonicOrigin`. */
  readonly origin: string;
  readonly monotonicMs: number;
};
