/**
 * Checkpoints of the views: written now and then and at the end, so that a start reads what is live and open (E7).
 *
 * 1. One is taken between two turns, of views and records that agree, and counts when the record that it stands on is durable.
 * 2. None is written over a journal that is not what was written, does not lead to what it says, or has failed: a start must
 *    find that again.
 * 3. While very many executions are at something, it waits until they are through: cancels go first.
 * 4. One that cannot be written is said, and costs the next start some time, and nothing else.
 */

import type { Turns } from '../actors/turns.js';
import type { IndexedJournal } from '../domain/journal-index.js';
import { causeOf } from '../domain/reading.js';
import type { Recorder } from '../journal/recorder.js';
import { checkpointOf, type ViewsState } from './views-state.js';

/** Records between two checkpoints, at least: a start has about so many to read. */
const EVERY = 2_000;

interface CheckpointsParts {
  readonly recorder: () => Recorder;
  /** Absent where the journal keeps none. */
  readonly save: IndexedJournal['saveCheckpoint'] | undefined;
  readonly stateOf: (live: readonly string[]) => ViewsState;
  readonly live: () => readonly string[];
  /** The record of the last one, 0 for none. */
  readonly lastSeq: number;
  readonly turns: Pick<Turns, 'isFree' | 'later'>;
}

export interface Checkpoints {
  /** The recovery is over, and nothing is wrong with the journal: from now on they are written. */
  begin(): void;
  /** One more, as soon as all that is recorded is durable; resolves with whether it is written. */
  now(): Promise<boolean>;
  /** Some record is durable. */
  onDurable(): void;
  /** The last one. @param live executions that are not done */
  atClose(live: readonly string[]): Promise<void>;
}

export function checkpoints({ recorder, save, stateOf, live, lastSeq, turns }: CheckpointsParts): Checkpoints {
  let last = lastSeq;
  let every = EVERY;
  let isSaving = false;
  let isWanted = false;
  let isPutOff = false;

  async function write(state: ViewsState, isStillWanted: () => Promise<boolean>): Promise<void> {
    if (save === undefined) return;
    isSaving = true;
    // What is large is written less often: its cost for each record stays the same.
    every = Math.max(EVERY, state.live.length + state.open.length + state.cases.length);
    try {
      if (!(await isStillWanted())) return;
      await save(checkpointOf(state));
      last = state.end.seq;
    } catch (error) {
      recorder().say('warn', { cause: causeOf(error) }, 'a checkpoint cannot be written: the next start reads more');
    } finally {
      isSaving = false;
    }
  }

  const isDue = (): boolean => isWanted && !isSaving && recorder().records - last >= every;

  function onDurable(): void {
    if (isPutOff || !isDue()) return;
    if (turns.isFree('book')) {
      takeNow();
      return;
    }
    isPutOff = true;
    turns.later('book', () => {
      isPutOff = false;
      if (isDue()) takeNow();
    });
  }

  function takeNow(): void {
    const recorded = recorder().lastRecord();
    void write(stateOf(live()), async () => (await recorded).durable && isWanted);
  }

  return {
    begin() {
      isWanted = save !== undefined;
      onDurable();
    },
    async now() {
      if (!isWanted || isSaving) return false;
      const { seq } = recorder().end;
      const recorded = recorder().lastRecord();
      await write(stateOf(live()), async () => (await recorded).durable && isWanted);
      return last >= seq;
    },
    onDurable,
    async atClose(left) {
      if (!isWanted || recorder().failure !== undefined || recorder().records === last) return;
      isWanted = false;
      // A journal writes it after all that was appended before, or not at all.
      await write(stateOf(left), async () => true);
    },
  };
}
