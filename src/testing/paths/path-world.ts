/**
 * Everything around one engine: clock, broker and journal, and the end and return of its process.
 *
 * 1. A restart is the end of a process: the old engine's timers, calls and commits never come back.
 * 2. The journal can be made slow: records are kept at once, and the engine learns of it when the test says so.
 */
import { memoryJournal } from '../../adapters/journals/memory.js';
import { chained, GENESIS_HASH, type JournalRecord } from '../../domain/journal.js';
import type { Journal } from '../../domain/ports.js';
import { isoTime } from '../../domain/time.js';
import { type Engine, openEngine } from '../../engine/engine.js';
import type { ExecutionFact } from '../../machines/execution.facts.js';
import { type VirtualClock, virtualClock } from '../virtual-clock.js';
import { PATH_CASE_ID, PATH_DEADLINES, PATH_SYMBOL } from './profiles.js';
import { type ScriptedBroker, scriptedBroker } from './scripted-broker.js';

/** Polls stay open in a path: a slow tick saves turns and changes nothing. */
const POLL_INTERVAL_MS = 10_000;

export interface PathWorld {
  readonly clock: VirtualClock;
  readonly broker: ScriptedBroker;
  readonly engine: Engine;
  /** Every record, of every engine. */
  readonly records: readonly JournalRecord[];
  /** The execution's facts among them. */
  readonly facts: readonly ExecutionFact[];
  /** From now on commits are not told of, until `release`. */
  hold(): void;
  release(): void;
  restart(): Promise<void>;
  /** Puts an open case for the symbol into the journal, before an engine reads it. */
  end(): void;
}

export async function pathWorld({ withOpenCase = false } = {}): Promise<PathWorld> {
  const clock = virtualClock();
  const broker = scriptedBroker(clock);
  const inner = memoryJournal();
  const records: JournalRecord[] = [];
  if (withOpenCase) await seedCase(inner, records, clock.now());
  let gate: { readonly opened: Promise<void>; readonly open: () => void } | undefined;
  let process = await newProcess();

  function journalFace(): { readonly journal: Journal; readonly end: () => void } {
    let isOver = false;
    const never = new Promise<never>(() => undefined);
    const journal: Journal = {
      ...inner,
      async append(appended) {
        if (isOver) return never;
        records.push(...appended);
        await inner.append(appended);
        await gate?.opened;
        return isOver ? never : undefined;
      },
    };
    return {
      journal,
      end: () => {
        isOver = true;
      },
    };
  }

  async function newProcess(): Promise<{ engine: Engine; end: () => void }> {
    const [time, line, journal] = [clock.face(), broker.face(), journalFace()];
    const opening = openEngine({
      broker: line.adapter,
      clock: time.clock,
      journal: journal.journal,
      logger: false,
      pollIntervalMs: POLL_INTERVAL_MS,
      deadlines: PATH_DEADLINES,
    });
    await clock.settle();
    const end = () => {
      time.end();
      journal.end();
      line.end();
    };
    return { engine: await opening, end };
  }

  function release(): void {
    gate?.open();
    gate = undefined;
  }

  return {
    clock,
    broker,
    get engine() {
      return process.engine;
    },
    records,
    get facts() {
      return records.filter(({ stream }) => stream === 'execution').map(({ fact }) => fact as unknown as ExecutionFact);
    },
    hold() {
      if (gate !== undefined) return;
      let open: () => void = () => undefined;
      const opened = new Promise<void>((resolve) => {
        open = resolve;
      });
      gate = { opened, open };
    },
    release,
    async restart() {
      process.end();
      release();
      process = await newProcess();
    },
    end: () => process.end(),
  };
}

async function seedCase(journal: Journal, records: JournalRecord[], now: number): Promise<void> {
  const fact = {
    type: 'CASE_OPENED',
    caseId: PATH_CASE_ID,
    kind: 'MISMATCH',
    symbol: PATH_SYMBOL,
    openedAt: isoTime(now),
    mismatches: [],
  };
  const unchained = { seq: 1, stream: 'case', wall: isoTime(now), at: now, fact, audit: [] } as const;
  const record = chained(unchained, GENESIS_HASH);
  await journal.open();
  await journal.append([record]);
  await journal.close();
  records.push(record);
}
