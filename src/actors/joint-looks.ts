/**
 * Looks at single orders: the first one after the submission or a restart, and the last one when their time is up (T2). When
 * very many are due at the same moment, one request looks at all of them, where the adapter answers for many.
 *
 * 1. An order is asked for at once while there is time in the turn; where no time passes, always.
 * 2. What is put off keeps its place: a look comes before the deadline that is told after it.
 * 3. An order that the joint answer leaves out, or that nothing was answered on, is looked at by itself.
 * 4. An order that several wait to have looked at is asked for once.
 */
import type { OrderRef } from '../domain/ports.js';
import type { OrderWatch } from './order-watch.js';
import type { Turns } from './turns.js';

export interface JointLooks {
  /** Resolves when the report is out, or when there is none. */
  lookAt(ref: OrderRef): Promise<void>;
}

interface PutOff {
  readonly ref: OrderRef;
  readonly onLooked: (() => void)[];
}

export function jointLooks(watch: Pick<OrderWatch, 'query' | 'queryAll'>, turns: Turns): JointLooks {
  let putOff = new Map<string, PutOff>();

  function lookAtAll(): void {
    const looks = [...putOff.values()];
    putOff = new Map();
    void watch.queryAll(looks.map(({ ref }) => ref)).then(() => {
      for (const { onLooked } of looks) for (const tell of onLooked) tell();
    });
  }

  function join(ref: OrderRef, onLooked: () => void): void {
    const known = putOff.get(ref.clientOrderId);
    putOff.set(ref.clientOrderId, { ref, onLooked: known === undefined ? [onLooked] : [...known.onLooked, onLooked] });
    if (known === undefined && putOff.size === 1) turns.later('act', lookAtAll);
  }

  return {
    lookAt(ref) {
      if (putOff.size === 0 && turns.isFree('act')) return watch.query(ref);
      return new Promise((onLooked) => join(ref, onLooked));
    },
  };
}
