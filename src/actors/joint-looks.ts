/**
 * Looks at single orders: the first one after the submission or a restart, and the last one when their time is up (T2). When
 * very many are due at the same moment, one request looks at all of them, where the adapter answers for many.
 *
 * 1. An order is asked for at once while there is time in the turn; where no time passes, always. Where one request could do for
 *    many, they have {@link SINGLES_MS} of it.
 * 2. What is put off keeps its place: a look comes before the deadline that is told after it.
 * 3. An order that the joint answer leaves out, or that nothing was answered on, is looked at by itself.
 * 4. An order that several wait to have looked at is asked for once.
 * 5. A look that nobody waits for, and that was put off, is not made at an order that is watched no more: its reconciliation
 *    asks, and asks once (R6.1).
 */
import type { OrderRef } from '../domain/ports.js';
import type { OrderWatch } from './order-watch.js';
import type { Turns } from './turns.js';

export interface JointLooks {
  /** Resolves when the report is out, or when there is none. */
  lookAt(ref: OrderRef): Promise<void>;
  /** The look at an order while it is watched, which nobody waits for: the first one, and the last one before T = 30 s is told. */
  glanceAt(ref: OrderRef): void;
}

interface PutOff {
  readonly ref: OrderRef;
  /** Who waits for the look, whether the order is watched or not. */
  onLooked: (() => void)[] | undefined;
}

/** Looks one by one take so much of a turn, where one request could do for many. */
const SINGLES_MS = 1;

type Watch = Pick<OrderWatch, 'query' | 'queryAll' | 'takesBatches' | 'has'>;

export function jointLooks(watch: Watch, turns: Turns): JointLooks {
  let putOff = new Map<string, PutOff>();

  function lookAtAll(): void {
    const looks = [...putOff.values()];
    putOff = new Map();
    const wanted = looks.filter(({ ref, onLooked }) => onLooked !== undefined || watch.has(ref.clientOrderId));
    void watch.queryAll(wanted.map(({ ref }) => ref)).then(() => {
      for (const { onLooked } of looks) for (const tell of onLooked ?? []) tell();
    });
  }

  function join(ref: OrderRef): PutOff {
    const known = putOff.get(ref.clientOrderId);
    if (known !== undefined) return known;
    const joined: PutOff = { ref, onLooked: undefined };
    putOff.set(ref.clientOrderId, joined);
    if (putOff.size === 1) turns.later('act', lookAtAll);
    return joined;
  }

  const isNow = (): boolean => putOff.size === 0 && turns.isFree('act', watch.takesBatches ? SINGLES_MS : undefined);

  return {
    lookAt(ref) {
      if (isNow()) return watch.query(ref);
      return new Promise((onLooked) => {
        const joined = join(ref);
        joined.onLooked = [...(joined.onLooked ?? []), onLooked];
      });
    },
    glanceAt(ref) {
      if (isNow()) void watch.query(ref);
      else join(ref);
    },
  };
}
