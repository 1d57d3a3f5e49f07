/**
 * What the schedule makes of the sequence numbers and of the session.
 *
 * 1. Numbers that are older than the session, or than its last reset, begin anew before the next Logon.
 * 2. `turn` is called when the session opens or closes, or its numbers begin anew.
 */

import { type Period, periodAt } from './schedule.js';
import type { SequenceNumbers } from './sequence-numbers.js';
import type { FixSettings } from './settings.js';

interface Calendar {
  /** Where the schedule stands, before a connection is made; `undefined` without a schedule. */
  begin(): Period | undefined;
  /** The next Logon must ask for new numbers. */
  readonly asksForNumbers: boolean;
  /** A session is ready. True when its numbers have begun anew: what was missed is not sent again. */
  ready(): boolean;
  stop(): void;
}

export function calendar(
  { schedule, clock }: Pick<FixSettings, 'schedule' | 'clock'>,
  numbers: SequenceNumbers,
  turn: () => void,
): Calendar {
  let asksForNumbers = false;
  let isNew = false;
  let timer: unknown;

  return {
    begin() {
      if (schedule === undefined) return undefined;
      const now = clock.now();
      const period = periodAt(schedule, now);
      const isOld = numbers.since !== undefined && numbers.since < period.numbersSince;
      if (period.isOpen && isOld && !schedule.keepNumbers) {
        asksForNumbers = period.isReset;
        isNew = true;
        numbers.reset(now);
      }
      clock.clearTimeout(timer);
      // Not before the moment itself: a timer may be a fraction of a millisecond early.
      timer = clock.setTimeout(turn, period.changesAt - now + 1);
      return period;
    },
    get asksForNumbers() {
      return asksForNumbers;
    },
    ready() {
      const wasNew = isNew;
      asksForNumbers = false;
      isNew = false;
      return wasNew;
    },
    stop: () => clock.clearTimeout(timer),
  };
}
