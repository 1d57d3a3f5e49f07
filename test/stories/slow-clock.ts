import { type VirtualClock, virtualClock } from '../../src/testing/virtual-clock.js';

/** A clock on which, once it counts, each reading of monotonic time costs a millisecond: every slice ends after a few. */
export interface SlowClock extends VirtualClock {
  count(is: boolean): void;
}

export function slowClock(): SlowClock {
  const clock = virtualClock();
  let spent = 0;
  let isCounting = false;
  const monotonic = clock.monotonic.bind(clock);
  return Object.assign(Object.create(clock) as VirtualClock, {
    monotonic() {
      if (isCounting) spent += 1;
      return monotonic() + spent;
    },
    count(is: boolean) {
      isCounting = is;
    },
  });
}
