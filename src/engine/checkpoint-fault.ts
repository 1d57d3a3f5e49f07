/**
 * A checkpoint held against the records that it stands for (E7): what is live and open, and the totals, must come out of them.
 */
import { canonicalJson, sha256 } from '../domain/canonical.js';
import type { JournalRecord } from '../domain/journal.js';
import type { StoredCheckpoint } from '../domain/journal-index.js';
import { causeOf } from '../domain/reading.js';
import { upcast } from '../journal/fact-versions.js';
import { foldViews } from './fold-views.js';
import { stateOf, type ViewsState } from './views-state.js';

/** What an engine acts on. The rest serves lists and counts. */
const COMPARED = [
  'live',
  'open',
  'cases',
  'switches',
  'filled',
  'holdings',
  'archives',
] as const satisfies readonly (keyof ViewsState)[];

/**
 * What is wrong with a checkpoint, as a sentence; `undefined` when nothing is.
 *
 * @param records every record of the journal, whose chain holds, oldest first
 */
export function checkpointFault(records: readonly JournalRecord[], checkpoint: StoredCheckpoint): string | undefined {
  const { seq, content, contentHash } = checkpoint;
  const where = `the checkpoint at record ${seq}`;
  if (sha256(content) !== contentHash) return `${where} is not as it was written: its hash differs`;
  if (records[seq - 1]?.hash !== checkpoint.recordHash) return `${where} stands on a record that is not there`;
  let state: ViewsState;
  try {
    state = stateOf(checkpoint);
  } catch (error) {
    return `${where} cannot be read: ${causeOf(error)}`;
  }
  const nothing = () => undefined;
  const upTo = records.slice(0, seq).map((record) => upcast(record));
  const folded = foldViews(upTo, { onDifference: nothing, onUnfoldable: nothing });
  const differs = COMPARED.find((name) => textOf(state[name]) !== textOf(folded[name]));
  return differs && `${where} does not agree with the records before it: ${NAMES[differs]} differ`;
}

const NAMES: Record<(typeof COMPARED)[number], string> = {
  live: 'live executions',
  open: 'open positions',
  cases: 'cases',
  switches: 'kill switches',
  filled: 'filled totals',
  holdings: 'holdings',
  archives: 'archives',
};

/** Names are compared without regard to their order. */
const textOf = (part: unknown): string =>
  canonicalJson(Array.isArray(part) && part.every((name) => typeof name === 'string') ? [...part].sort() : part);
