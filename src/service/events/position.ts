/**
 * A position in the stream of events: for each account the last audit record that was sent, as the id of an event.
 *
 * 1. `paper:12:3f9ac02e,live:7:90b1aa3c`: account, seq, and a mark of the journal that the seq counts in. A journal that was
 *    begun anew has another mark, so that a seq of an earlier one is not taken for one of its own.
 */
import type { JournalRecord } from '../../domain/journal.js';

export interface LogPosition {
  readonly seq: number;
  /** Empty while the log is. */
  readonly mark: string;
}

/** By account. */
export type StreamPosition = ReadonlyMap<string, LogPosition>;

const MARK_LENGTH = 8;

/** @param first record of the journal */
export const markOf = (first: JournalRecord | undefined): string => first?.hash.slice(0, MARK_LENGTH) ?? '';

export const writePosition = (position: StreamPosition): string =>
  [...position].map(([account, { seq, mark }]) => `${account}:${seq}:${mark}`).join(',');

/** `undefined` when it is none of ours. */
export function readPosition(text: string): StreamPosition | undefined {
  const read = new Map<string, LogPosition>();
  for (const part of text.split(',')) {
    const found = /^([\w.-]{1,64}):(\d{1,15}):([0-9a-f]{0,8})$/.exec(part.trim());
    if (found === null) return undefined;
    const [, account = '', seq = '0', mark = ''] = found;
    read.set(account, { seq: Number(seq), mark });
  }
  return read;
}
