/**
 * The chain over the log of who did what (A5, as the journal has it).
 *
 * 1. `hash` covers every other member of an entry and, by `prevHash`, everything before it: a changed, missing, inserted or
 *    reordered entry is found, and named by its line. What was cut off at the end is found by who keeps the last hash, which
 *    `GET /v1/access` tells.
 * 2. A line that was torn by a crash breaks the chain in its place alone: the next entry goes on from the last whole one.
 */

import { canonicalJson, type JsonObject, sha256 } from '../domain/canonical.js';
import { GENESIS_HASH } from '../domain/journal.js';
import { invalidOption } from '../domain/option-values.js';
import type { AccessEntry } from './api/system.js';

/** Where a log of who did what ends; entries go on from there. @beta @since 0.1.0 */
export interface AccessLogEnd {
  readonly seq: number;
  readonly hash: string;
}

export const EMPTY_ACCESS_LOG: AccessLogEnd = { seq: 0, hash: GENESIS_HASH };

type UnchainedEntry = Omit<AccessEntry, 'seq' | 'prevHash' | 'hash'>;

export function chainedEntry(entry: UnchainedEntry, { seq, hash: prevHash }: AccessLogEnd): AccessEntry {
  const linked = { seq: seq + 1, ...entry, prevHash };
  return { ...linked, hash: hashOf(linked) };
}

const hashOf = (linked: object): string => sha256(canonicalJson(JSON.parse(JSON.stringify(linked)) as JsonObject));

/** What a check of such a log found. @beta @since 0.1.0 */
export interface AccessLogCheck {
  readonly end: AccessLogEnd;
  /** Whole entries. */
  readonly entries: number;
  /** A sentence each, with the number of the line. */
  readonly faults: readonly string[];
}

/** Checks the text of a log of who did what: one JSON object a line. @beta @since 0.1.0 */
export function checkAccessLog(text: string): AccessLogCheck {
  if (typeof text !== 'string') throw invalidOption('text of checkAccessLog', text, 'the text of the log');
  let end = EMPTY_ACCESS_LOG;
  let entries = 0;
  const faults: string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue;
    const place = `line ${index + 1}`;
    const entry = entryOf(line);
    if (entry === undefined) {
      faults.push(`${place} is no entry of this log`);
      continue;
    }
    const { hash, ...rest } = entry;
    if (hashOf(rest) !== hash) faults.push(`${place} was changed: entry ${entry.seq} does not have its hash`);
    else if (entry.prevHash !== end.hash || entry.seq !== end.seq + 1)
      faults.push(
        `${place}: entry ${entry.seq} does not follow entry ${end.seq}: one is missing, inserted or reordered`,
      );
    end = { seq: entry.seq, hash };
    entries += 1;
  }
  return { end, entries, faults };
}

function entryOf(line: string): (AccessEntry & JsonObject) | undefined {
  try {
    const { seq, prevHash, hash } = Object(JSON.parse(line)) as Partial<AccessEntry>;
    const isWhole = typeof seq === 'number' && typeof prevHash === 'string' && typeof hash === 'string';
    return isWhole ? (JSON.parse(line) as AccessEntry & JsonObject) : undefined;
  } catch {
    return undefined;
  }
}
