/**
 * A checkpoint in the midst of a burst: it looks at all that is live, so it stands behind the cancels.
 */
import { describe, expect, it } from 'vitest';
import { checkpoints } from '../../src/engine/checkpoints.js';
import type { ViewsState } from '../../src/engine/views-state.js';
import type { Recorder } from '../../src/journal/recorder.js';

/** @param isFree whether nobody else has the event loop */
function journalled(isFree: () => boolean) {
  const later: (() => void)[] = [];
  const saved: number[] = [];
  let records = 0;
  const recorder = {
    get records() {
      return records;
    },
    lastRecord: async () => ({ durable: true }),
    say: () => undefined,
  } as unknown as Recorder;
  const kept = checkpoints({
    recorder: () => recorder,
    save: async ({ seq }) => void saved.push(seq),
    stateOf: () =>
      ({ end: { seq: records, hash: '', auditSeq: 0 }, live: [], open: [], cases: [] }) as unknown as ViewsState,
    live: () => [],
    lastSeq: 0,
    turns: { isFree, later: (_, work) => void later.push(work) },
  });
  kept.begin();
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return {
    saved,
    async record(count: number) {
      records += count;
      kept.onDurable();
      await settled();
    },
    async nextTurn() {
      for (const work of later.splice(0)) work();
      await settled();
    },
    close: () => kept.atClose([]),
    putOff: () => later.length,
  };
}

describe('a checkpoint', () => {
  it('K3 E7: that falls due while very many are at something waits for its turn, and is of all that is recorded by then', async () => {
    const { record, nextTurn, saved, putOff } = journalled(() => false);
    await record(2_000);
    await record(500);
    expect([saved, putOff()]).toEqual([[], 1]);
    await nextTurn();
    expect([saved, putOff()]).toEqual([[2_500], 0]);
  });

  it('control [E7]: is written at once where nobody waits', async () => {
    const { record, saved } = journalled(() => true);
    await record(1_999);
    expect(saved).toEqual([]);
    await record(1);
    expect(saved).toEqual([2_000]);
  });

  it('E7: that waited while the engine closed is the one of the close, once', async () => {
    const { record, nextTurn, close, saved } = journalled(() => false);
    await record(2_000);
    await close();
    await nextTurn();
    expect(saved).toEqual([2_000]);
  });
});
