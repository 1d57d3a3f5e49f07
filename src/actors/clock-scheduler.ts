/**
 * RxJS time on our clock: every stream of the engine runs on the port `Clock`, and so on the virtual clock in tests.
 */
import { type SchedulerAction, type SchedulerLike, Subscription } from 'rxjs';
import type { Clock } from '../domain/ports.js';

export const clockScheduler = (clock: Clock): SchedulerLike => ({
  now: () => clock.now(),
  schedule<T>(work: (this: SchedulerAction<T>, state?: T) => void, delay = 0, state?: T): Subscription {
    return new ClockAction(clock, work).schedule(state, delay);
  },
});

/** One piece of work, which may schedule itself again, as RxJS' own actions do. */
class ClockAction<T> extends Subscription implements SchedulerAction<T> {
  readonly #clock: Clock;
  readonly #work: (this: SchedulerAction<T>, state?: T) => void;
  #timer: unknown;

  constructor(clock: Clock, work: (this: SchedulerAction<T>, state?: T) => void) {
    super();
    this.#clock = clock;
    this.#work = work;
  }

  schedule(state?: T, delay = 0): Subscription {
    if (this.closed) return this;
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      if (!this.closed) this.#work.call(this, state);
    }, delay);
    return this;
  }

  override unsubscribe(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    super.unsubscribe();
  }
}
