/**
 * Retention: what is over and old moves out of the journal into archive files (E7).
 *
 * 1. First the file is durable, then the record that notes it (its anchor), then a checkpoint that stands after that record;
 *    only then are the old records removed. A crash at any point loses nothing, and the next start goes on.
 * 2. What is live or open stays whole in the journal, however old: executions, positions, orders whose end is not certain,
 *    and whatever has an open case.
 * 3. It works in small steps, between which the event loop is free. What fails is said, and tried again the next time.
 */
import type { EngineTime } from '../actors/engine-time.js';
import type { ArchiveAnchor, JournalArchives } from '../domain/journal-index.js';
import type { Clock } from '../domain/ports.js';
import { causeOf } from '../domain/reading.js';
import type { Recorder } from '../journal/recorder.js';

/** What `createEngine` takes. @public @since 0.1.0 */
export interface RetentionOptions {
  /**
   * What was written more than so many days ago, and is over, is moved; 90 by default, at least 1. Look-ups and the `audit`
   * commands find it all the same, and an advisory that was moved never runs again.
   */
  readonly keepDays?: number | undefined;
  /** The folder for the archive files, which is made when it is missing. Put it on a disk that is backed up. */
  readonly archiveFolder: string;
}

/** With every member there. */
export interface CheckedRetention {
  readonly keepDays: number;
  readonly archiveFolder: string;
}

export const DEFAULT_KEEP_DAYS = 90;
const DAY_MS = 86_400_000;
/** Time between two looks at what is old. */
const LOOK_EVERY_MS = 3_600_000;
/** Fewer old records wait for more: a file has its price. */
const FEWEST = 1_000;

export interface RetentionParts {
  readonly options: CheckedRetention;
  readonly archives: JournalArchives;
  readonly anchors: () => readonly ArchiveAnchor[];
  readonly onAnchor: (anchor: ArchiveAnchor) => void;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly time: EngineTime;
  /** Writes a checkpoint now; resolves with whether it is there. */
  readonly checkpoint: () => Promise<boolean>;
  /** Advisories that are live or open. */
  readonly kept: () => ReadonlySet<string>;
}

export interface Retention {
  /** Looks now, and each hour. */
  begin(): void;
  /** Moves what is old enough; resolves with the number of records moved. */
  run(): Promise<number>;
  /** Resolves when what is under way is over. */
  close(): Promise<void>;
}

export function retention(parts: RetentionParts): Retention {
  const { options, archives, anchors, onAnchor, recorder, clock, time, checkpoint, kept } = parts;
  const { archiveFolder, keepDays } = options;
  let timer: unknown;
  let isClosed = false;
  let under: Promise<number> = Promise.resolve(0);

  /** What an earlier process has noted and not removed. */
  async function finishEarlier(): Promise<void> {
    const last = anchors().at(-1);
    if (last !== undefined && archives.lastArchived() < last.lastSeq) await remove(last);
  }

  async function remove(anchor: ArchiveAnchor): Promise<void> {
    if (isClosed || !(await checkpoint())) return;
    const open = kept();
    await archives.remove(archiveFolder, anchor, (advisoryId) => open.has(advisoryId));
  }

  async function move(): Promise<number> {
    await finishEarlier();
    const through = archives.lastBefore(time() - keepDays * DAY_MS);
    if (through === undefined || through - archives.lastArchived() < FEWEST || isClosed) return 0;
    const anchor = await archives.write(archiveFolder, through);
    if (anchor === undefined || isClosed) return 0;
    const recorded = recorder.record({
      stream: 'engine',
      at: time(),
      fact: { type: 'ARCHIVED', ...anchor },
      audit: [],
    });
    onAnchor(anchor);
    if (!(await recorded).durable) return 0;
    await remove(anchor);
    const records = anchor.lastSeq - anchor.firstSeq + 1;
    recorder.say('info', { file: anchor.file, records }, 'old records are archived');
    return records;
  }

  function run(): Promise<number> {
    under = under.then(() =>
      move().catch((error: unknown) => {
        recorder.say('error', { cause: causeOf(error) }, 'old records cannot be archived: they stay in the journal');
        return 0;
      }),
    );
    return under;
  }

  function look(): void {
    void run();
    timer = clock.setTimeout(look, LOOK_EVERY_MS);
  }

  return {
    begin: look,
    run,
    async close() {
      isClosed = true;
      if (timer !== undefined) clock.clearTimeout(timer);
      await under;
    },
  };
}
