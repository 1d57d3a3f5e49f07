/**
 * What a worker knows of the gate: strong readings for the last look, and a feed of the changes for what is live.
 *
 * 1. A reading is as old as the moment at which its question left. Whoever sends an order takes one that is young enough,
 *    whoever asked it: one question serves all that wait (V7, V8).
 * 2. The feed has one question under way at a time while Restate is quick. One that takes long is joined by the next, so that a
 *    change is heard of after the time of one answer and not of two; while Restate does not answer it is asked less.
 * 3. A change is told to every listener once, in order; a listener that comes later asks from its own epoch.
 */
import { type SwitchChange, type SwitchView, withChange } from '../domain/kill-switch.js';
import type { Clock } from '../domain/ports.js';
import type { GateReading } from './gate.js';
import type { Ingress } from './ingress.js';
import { ALL, GATE } from './names.js';

/** A change of a switch, with the switches as they stood after it. */
export interface FedChange {
  /** Number of the change, from 1. */
  readonly epoch: number;
  readonly change: SwitchChange;
  readonly switches: readonly SwitchView[];
}

interface DatedReading extends GateReading {
  /** Monotonic time at which the question left, ms. */
  readonly askedAt: number;
}

export interface SwitchFeed {
  /** A reading that is no older than `maxAgeMs`; `undefined` when none comes within `limitMs`. */
  reading(maxAgeMs: number, limitMs: number): Promise<DatedReading | undefined>;
  /** Resolves once a question has been answered that left after this call, or after `limitMs`. */
  upToDate(limitMs: number): Promise<unknown>;
  /** What is known, however old: a gate that was closed then is not taken to be open now. */
  known(): GateReading | undefined;
  /** The changes after an epoch, as far as they are known here. */
  since(epoch: number): readonly FedChange[];
  /** Calls back at each change, until the function that is returned is called. */
  onChange(listener: () => void): () => void;
  /** Ms since Restate answered last; grows while it is away. */
  silentMs(): number;
  close(): void;
}

const READ_LIMIT_MS = 1_000;
/** A question that takes longer is joined by another. */
const SLOW_MS = 120;
const MOST_UNDER_WAY = 2;
/** A busy Restate leaves questions unanswered for a second: a worker that then waited as long would hear of a switch late. */
const LONGEST_BACKOFF_MS = 250;

export function switchFeed(ingress: Ingress, clock: Clock, intervalMs: number): SwitchFeed {
  let changes: FedChange[] = [];
  /** Changes before the first that is known here, and how the switches stood after them. */
  let earlier = 0;
  let before: readonly SwitchView[] = [];
  const listeners = new Set<() => void>();
  let answeredAt = clock.monotonic();
  let failures = 0;
  let latest: DatedReading | undefined;
  const waiting = new Set<() => void>();
  let isClosed = false;
  let timer: unknown;
  let underWay = 0;

  async function read(): Promise<void> {
    const askedAt = clock.monotonic();
    const reading = await ingress.call<GateReading>(GATE, ALL, 'read', earlier + changes.length, READ_LIMIT_MS);
    answeredAt = clock.monotonic();
    take(reading);
    // An answer may be overtaken by one to a later question.
    if (latest === undefined || latest.askedAt < askedAt) latest = { ...reading, askedAt };
    for (const tell of [...waiting]) tell();
  }

  const youngEnough = (maxAgeMs: number): DatedReading | undefined =>
    latest !== undefined && clock.monotonic() - latest.askedAt <= maxAgeMs ? latest : undefined;

  function upToDate(limitMs: number): Promise<DatedReading | undefined> {
    const from = clock.monotonic();
    return awaited(() => (latest !== undefined && latest.askedAt > from ? latest : undefined), limitMs);
  }

  const reading = (maxAgeMs: number, limitMs: number) => awaited(() => youngEnough(maxAgeMs), limitMs);

  function awaited(wanted: () => DatedReading | undefined, limitMs: number): Promise<DatedReading | undefined> {
    const known = wanted();
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve) => {
      const done = (value: DatedReading | undefined) => {
        clock.clearTimeout(limit);
        waiting.delete(tell);
        resolve(value);
      };
      const tell = () => {
        const fresh = wanted();
        if (fresh !== undefined) done(fresh);
      };
      const limit = clock.setTimeout(() => done(undefined), limitMs);
      waiting.add(tell);
    });
  }

  function take({ epoch, changes: told, before: stood }: GateReading): void {
    // There were more than are told any more.
    if (stood !== undefined && epoch - told.length > earlier + changes.length) {
      earlier = epoch - told.length;
      before = stood;
      changes = [];
    }
    // Two readings may overlap: what is known already comes first in the later one.
    const fresh = told.slice(told.length - Math.max(0, epoch - earlier - changes.length));
    let switches = changes.at(-1)?.switches ?? before;
    for (const change of fresh) {
      switches = withChange(switches, change);
      changes.push({ epoch: earlier + changes.length + 1, change, switches });
    }
    if (fresh.length > 0) for (const listener of [...listeners]) listener();
  }

  function pollIn(ms: number): void {
    if (isClosed) return;
    clock.clearTimeout(timer);
    timer = clock.setTimeout(() => void poll(), ms);
  }

  async function poll(): Promise<void> {
    timer = undefined;
    underWay += 1;
    if (underWay < MOST_UNDER_WAY && failures === 0) pollIn(Math.max(SLOW_MS, intervalMs));
    try {
      await read();
      failures = 0;
    } catch {
      failures += 1;
    }
    underWay -= 1;
    // Unless the next is due already.
    if (underWay === 0 || timer === undefined) pollIn(Math.min(LONGEST_BACKOFF_MS, intervalMs * 2 ** failures));
  }

  void poll();
  return {
    reading,
    upToDate,
    known: () => latest,
    since: (epoch) => changes.slice(Math.max(0, epoch - earlier)),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    silentMs: () => clock.monotonic() - answeredAt,
    close() {
      isClosed = true;
      clock.clearTimeout(timer);
      listeners.clear();
    },
  };
}
