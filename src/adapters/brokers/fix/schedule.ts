/**
 * When a session is open, by the counterparty's clock on the wall.
 *
 * 1. Times are of the time zone that the schedule names, with its changes of clocks; nothing depends on the machine's zone.
 * 2. A session begins at `start` on each of `days` and ends at the next `end`, which may be on the following day. Without
 *    `end` it is open for as long as until the next start.
 * 3. Each session has sequence numbers of its own, unless `keepNumbers` says otherwise. `reset` begins them anew within a
 *    session at that time of each day.
 * 4. Everything here is a function of schedule and time.
 */
import { invalid } from '../option-checks.js';

/** A day of the week in a FIX session's schedule. @public @since 0.1.0 */
export type FixDay = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun';

/** The counterparty's session times. @public @since 0.1.0 */
export interface FixSchedule {
  /** A zone of the IANA database, such as `America/New_York`; `UTC` by default. */
  readonly timeZone?: string;
  /** Days on which a session begins; Monday to Friday by default. */
  readonly days?: readonly FixDay[];
  /** `HH:MM` or `HH:MM:SS`. */
  readonly start: string;
  /** `HH:MM` or `HH:MM:SS`; absent: the session lasts until the next one begins. */
  readonly end?: string;
  /** Begins the sequence numbers anew at this time of each day, within the session, by a Logon with 141=Y. */
  readonly reset?: string;
  /** The sequence numbers go on from one session to the next. Default false: each session begins at 1. */
  readonly keepNumbers?: boolean;
}

/** A schedule, read. Times in seconds of the day. */
export interface Schedule {
  readonly timeZone: string;
  readonly days: ReadonlySet<number>;
  readonly start: number;
  readonly end: number | undefined;
  readonly reset: number | undefined;
  readonly keepNumbers: boolean;
}

/** Where a moment stands in a schedule; times in epoch ms. */
export interface Period {
  readonly isOpen: boolean;
  /** When the numbers that are in use began: the last start or reset that has passed. */
  readonly numbersSince: number;
  /** They began by a reset within the session, and not with it. */
  readonly isReset: boolean;
  /** When the session opens or closes next, or its numbers begin anew. */
  readonly changesAt: number;
}

const DAYS: readonly FixDay[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const WORKDAYS: readonly FixDay[] = ['mon', 'tue', 'wed', 'thu', 'fri'];
const DAY_MS = 86_400_000;
const NAMES = ['timeZone', 'days', 'start', 'end', 'reset', 'keepNumbers'];

/** @throws {FillchartError} `INVALID_OPTION` */
export function readSchedule(given: FixSchedule): Schedule {
  const unknown = Object.keys(given).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw invalid(`schedule.${unknown}`, 'not known', NAMES.join(', '));
  const days = given.days ?? WORKDAYS;
  const wrong = days.find((day) => !DAYS.includes(day));
  if (wrong !== undefined || days.length === 0) throw invalid('schedule.days', JSON.stringify(days), DAYS.join(', '));
  const timeZone = given.timeZone ?? 'UTC';
  if (!isTimeZone(timeZone))
    throw invalid('schedule.timeZone', JSON.stringify(timeZone), 'a zone such as America/New_York');
  return {
    timeZone,
    days: new Set(days.map((day) => DAYS.indexOf(day))),
    start: timeOfDay('schedule.start', given.start),
    end: given.end === undefined ? undefined : timeOfDay('schedule.end', given.end),
    reset: given.reset === undefined ? undefined : timeOfDay('schedule.reset', given.reset),
    keepNumbers: given.keepNumbers === true,
  };
}

function isTimeZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function timeOfDay(option: string, text: string): number {
  const [, hours, minutes, seconds = '0'] = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(text) ?? [];
  if (hours === undefined) throw invalid(option, JSON.stringify(text), 'HH:MM or HH:MM:SS');
  return Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds);
}

/** @param now epoch ms */
export function periodAt(schedule: Schedule, now: number): Period {
  const { days, start, end, reset } = schedule;
  const today = Math.floor((now + offsetAt(schedule.timeZone, now)) / DAY_MS);
  const sessions: { readonly from: number; readonly to: number }[] = [];
  const resets: number[] = [];
  // A week and a day either way: every schedule has a start in it.
  for (let day = today - 8; day <= today + 8; day += 1) {
    if (reset !== undefined) resets.push(momentOf(schedule.timeZone, day, reset));
    if (!days.has((day + 4) % 7)) continue;
    const from = momentOf(schedule.timeZone, day, start);
    const lastDay = end !== undefined && end <= start ? day + 1 : day;
    sessions.push({
      from,
      to: end === undefined ? Number.POSITIVE_INFINITY : momentOf(schedule.timeZone, lastDay, end),
    });
  }
  const begun = sessions.filter(({ from }) => from <= now);
  const current = begun.at(-1);
  const isOpen = current !== undefined && now < current.to;
  const lastReset = isOpen ? Math.max(...resets.filter((at) => at <= now && at > current.from), 0) : 0;
  const changes = [
    ...sessions.flatMap(({ from, to }) => [from, to]),
    ...resets.filter((at) => sessions.some(({ from, to }) => at > from && at < to)),
  ].filter((at) => at > now);
  return {
    isOpen,
    numbersSince: Math.max(current?.from ?? 0, lastReset),
    isReset: lastReset > 0,
    changesAt: Math.min(...changes),
  };
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** How far the zone's wall time is ahead of UTC, in ms. */
function offsetAt(timeZone: string, at: number): number {
  const known = formats.get(timeZone);
  const format =
    known ??
    new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  formats.set(timeZone, format);
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  const wall = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return wall - Math.floor(at / 1_000) * 1_000;
}

/** The moment at which the zone's wall clock shows `seconds` of a day; `day` in days since 1970. */
function momentOf(timeZone: string, day: number, seconds: number): number {
  const wall = day * DAY_MS + seconds * 1_000;
  const first = wall - offsetAt(timeZone, wall);
  return wall - offsetAt(timeZone, first);
}
