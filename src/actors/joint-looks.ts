/**
 * Looks at single orders: the first one after the submission or a restart, and the last one when their time is up (T2). When
 * very many are due at the same moment, one request looks at all of them, where the adapter answers for many.
 *
 * 1. An order is asked for at once while there is time in the turn; where no time passes, always.
 * 2. What is put off keeps its place: a look comes before the deadline that is told after it.
 * 3. An order that the joint answer leaves out, or that nothing was answered on, is looked at by itself.
 * 4. An order that several wait to have looked at is asked for once.
 * 5. A first look that was put off is not made at an order that is watched no more: its reconciliation asks, and asks once (R6.1).
 */
import type { OrderRef } from '../domain/ports.js';
import type { OrderWatch } from './order-watch.js';
import type { Turns } from './turns.js';

export interface JointLooks {
  /** Resolves when the report is out, or when there is none. */
  lookAt(ref: OrderRef): Promise<void>;
  /** The look at an order that is watched from now on. */
  firstLookAt(ref: OrderRef): Promise<void>;
}

interface PutOff {
  readonly ref: OrderRef;
  /** Somebody waits for the look, whether the order is watched or not. */
  readonly isAwaited: boolean;
  readonly onLooked: (() => void)[];
}

export function jointLooks(watch: Pick<OrderWatch, 'query' | 'queryAll' | 'has'>, turns: Turns): JointLooks {
  let putOff = new Map<string, PutOff>();

  function lookAtAll(): void {
    const looks = [...putOff.values()];
    putOff = new Map();
    const wanted = looks.filter(({ ref, isAwaited }) => isAwaited || watch.has(ref.clientOrderId));
    void watch.queryAll(wanted.map(({ ref }) => ref)).then(() => {
      for (const { onLooked } of looks) for (const tell of onLooked) tell();
    });
  }

  function join(ref: OrderRef, isAwaited: boolean, onLooked: () => void): void {
    const known = putOff.get(ref.clientOrderId);
    putOff.set(ref.clientOrderId, {
      ref,
      isAwaited: isAwaited || known?.isAwaited === true,
      onLooked: [...(known?.onLooked ?? []), onLooked],
    });
    if (known === undefined && putOff.size === 1) turns.later('act', lookAtAll);
  }

  function look(ref: OrderRef, isAwaited: boolean): Promise<void> {
    if (putOff.size === 0 && turns.isFree('act')) return watch.query(ref);
    return new Promise((onLooked) => join(ref, isAwaited, onLooked));
  }

  return { lookAt: (ref) => look(ref, true), firstLookAt: (ref) => look(ref, false) };
}
