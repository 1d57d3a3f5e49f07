/**
 * A process that can die at any instruction: the clock, the broker and the journal as one process sees them.
 *
 * 1. Before each step that the world could notice or tell, the process may die: see {@link StepKind}.
 * 2. A dead process does nothing more: its timers never fire, its calls never go out and are never answered, and what it
 *    had not committed is gone. What it had committed stays, acknowledged or not.
 * 3. The world (clock, broker, disk) lives on, for the next process.
 */

import { Observable } from 'rxjs';
import { filter } from 'rxjs/operators';
import type { JournalRecord } from '../../domain/journal.js';
import { requireOptions } from '../../domain/option-names.js';
import { requireClock, requireMethods } from '../../domain/option-values.js';
import type { BrokerAdapter, Clock, Journal } from '../../domain/ports.js';
import type { VirtualDisk } from './virtual-disk.js';

/**
 * `timer`: about to fire. `call`: about to go out. `called`: it has gone out. `answer`: about to come in. `push`: a report
 * is about to come in. `append`: about to be handed over. `commit`: handed over, not durable. `committed`: durable, not
 * acknowledged.
 * @beta @since 0.1.0
 */
export type StepKind = 'timer' | 'call' | 'called' | 'answer' | 'push' | 'append' | 'commit' | 'committed';

/** A step at which a simulated process can be killed. @beta @since 0.1.0 */
export interface Step {
  readonly kind: StepKind;
  /** The broker method, or the facts of the records. */
  readonly what: string;
}

/** What {@link mortalProcess} takes. @beta @since 0.1.0 */
export interface MortalOptions {
  readonly clock: Clock;
  readonly broker: BrokerAdapter;
  readonly disk: VirtualDisk;
  /** Asked before each step: true ends the process here. */
  readonly diesAt?: (step: Step) => boolean;
  readonly onDeath?: (step: Step | undefined) => void;
  /** Told of each answer that the process gets to see. */
  readonly onAnswer?: (method: string, argument: unknown, value: unknown) => void;
  /** Told of each batch in the turn in which it is handed over, and again when it is durable. */
  readonly onAppend?: (records: readonly JournalRecord[]) => void;
  readonly onCommit?: (records: readonly JournalRecord[]) => void;
}

/** Clock, broker and journal of a process that can be killed at any step. @beta @since 0.1.0 */
export interface MortalProcess {
  readonly clock: Clock;
  readonly broker: BrokerAdapter;
  readonly journal: Journal;
  readonly isAlive: boolean;
  kill(): void;
}

/** What a step asks of the process: whether it is still there to take it. */
type Survives = (kind: StepKind, what: string) => boolean;

const NAMES = Object.keys({
  clock: true,
  broker: true,
  disk: true,
  diesAt: true,
  onDeath: true,
  onAnswer: true,
  onAppend: true,
  onCommit: true,
} satisfies Record<keyof MortalOptions, true>);

/** Makes a process that can be killed at any step, for tests of recovery. @beta @since 0.1.0 */
export function mortalProcess(options: MortalOptions): MortalProcess {
  requireOptions('mortalProcess', options, NAMES);
  requireClock('clock', options.clock);
  requireMethods('broker', options.broker, [
    'submitOrder',
    'getOrderStatus',
    'cancelOrder',
    'placeProtection',
    'getPositions',
  ]);
  requireMethods('disk', options.disk, ['commitMs']);
  let isAlive = true;

  function die(step?: Step): void {
    if (!isAlive) return;
    isAlive = false;
    options.onDeath?.(step);
  }

  const survives: Survives = (kind, what) => {
    if (isAlive && options.diesAt?.({ kind, what }) === true) die({ kind, what });
    return isAlive;
  };

  const life: Life = { survives, isAlive: () => isAlive };
  return {
    clock: mortalClock(options.clock, life),
    broker: mortalBroker(options, life),
    journal: mortalJournal(options, life),
    get isAlive() {
      return isAlive;
    },
    kill: () => die(),
  };
}

interface Life {
  readonly survives: Survives;
  readonly isAlive: () => boolean;
}

const mortalClock = (clock: Clock, { survives, isAlive }: Life): Clock => ({
  now: () => clock.now(),
  monotonic: () => clock.monotonic(),
  ...(clock.monotonicOrigin !== undefined && { monotonicOrigin: clock.monotonicOrigin }),
  setTimeout: (fn, ms) =>
    isAlive()
      ? clock.setTimeout(() => {
          if (survives('timer', '')) fn();
        }, ms)
      : undefined,
  clearTimeout: (id) => clock.clearTimeout(id),
});

const NEVER = new Promise<never>(() => undefined);

/** The same broker, through a process that may die before, during and after each call. */
function mortalBroker({ broker, onAnswer }: MortalOptions, { survives, isAlive }: Life): BrokerAdapter {
  function mortal(method: string, call: (...args: unknown[]) => Promise<unknown>) {
    return (...args: unknown[]): Promise<unknown> => {
      if (!isAlive() || !survives('call', method)) return NEVER;
      const answer = begin(() => call(...args));
      answer.catch(() => undefined);
      if (!survives('called', method)) return NEVER;
      return new Promise((resolve, reject) => {
        answer.then(
          (value) => {
            if (!survives('answer', method)) return;
            onAnswer?.(method, args[0], value);
            resolve(value);
          },
          (error: unknown) => (survives('answer', method) ? reject(error) : undefined),
        );
      });
    };
  }
  const face: Record<string, unknown> = { name: broker.name, capabilities: broker.capabilities };
  for (const [name, member] of Object.entries(broker)) {
    if (typeof member === 'function') face[name] = mortal(name, member.bind(broker) as () => Promise<unknown>);
  }
  const { reports$ } = broker;
  if (reports$ !== undefined) {
    face['reports$'] = new Observable((observer) =>
      (reports$ as Observable<unknown>).pipe(filter(() => survives('push', 'reports$'))).subscribe(observer),
    );
  }
  return face as unknown as BrokerAdapter;
}

/** A throw in the call itself is an answer like any other. */
function begin(call: () => Promise<unknown>): Promise<unknown> {
  try {
    return Promise.resolve(call());
  } catch (error) {
    return Promise.reject(error);
  }
}

const namesOf = (records: readonly JournalRecord[]): string => records.map(({ fact }) => fact.type).join(' ');

interface Waiting {
  readonly records: readonly JournalRecord[];
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

function mortalJournal({ clock, disk, onAppend, onCommit }: MortalOptions, { survives, isAlive }: Life): Journal {
  let waiting: Waiting[] = [];

  /** One append after the other: a process may die between any two. */
  function commit(): void {
    const batch = waiting;
    waiting = [];
    for (const { records, resolve, reject } of batch) {
      const what = namesOf(records);
      if (!isAlive() || !survives('commit', what)) return;
      if (disk.fullBecause !== undefined) {
        reject(new Error(disk.fullBecause));
        continue;
      }
      disk.records.push(...records);
      onCommit?.(records);
      if (!survives('committed', what)) return;
      resolve();
    }
  }

  function append(records: readonly JournalRecord[]): Promise<void> {
    if (!isAlive() || !survives('append', namesOf(records))) return NEVER;
    onAppend?.(records);
    return new Promise((resolve, reject) => {
      waiting.push({ records, resolve, reject });
      if (waiting.length > 1) return;
      const ms = disk.commitMs();
      if (ms > 0) clock.setTimeout(commit, ms);
      else queueMicrotask(commit);
    });
  }

  return {
    name: 'virtual disk',
    durable: true,
    async open() {
      if (disk.unreadableBecause !== undefined) throw new Error(disk.unreadableBecause);
      // As text and back, as from any disk: nothing that the dead process still holds is shared.
      return JSON.parse(JSON.stringify(disk.records)) as JournalRecord[];
    },
    append,
    close: () => Promise.resolve(),
  };
}
