/**
 * `audit show --follow`: new lines of the audit log as they come, until ctrl-c.
 *
 * 1. The journal is read, never locked: an engine may run on it. It is read again only when its files have changed.
 * 2. Lines come in the order of the journal, each once. A journal that stops being what was written ends it.
 */
import { statSync } from 'node:fs';
import type { AuditRecord } from '../../domain/audit.js';
import type { CliWorld } from '../world.js';
import { type AuditSource, readAuditSource } from './source.js';

/** Time between two looks at the files, in ms. */
const LOOK_MS = 500;

interface Followed {
  readonly path: string;
  /** What was shown already. */
  readonly shown: AuditSource;
  /** Shows lines that are new. */
  readonly show: (lines: readonly AuditRecord[]) => void;
}

/** Resolves with the last reading, on ctrl-c, or when the journal is not what was written any more. */
export async function follow({ path, shown, show }: Followed, world: CliWorld): Promise<AuditSource> {
  let isOver = false;
  let wake: () => void = () => undefined;
  const stopListening = world.onInterrupt(() => {
    isOver = true;
    wake();
  });
  const pause = () =>
    new Promise<void>((resolve) => {
      const timer = world.clock.setTimeout(resolve, LOOK_MS);
      wake = () => {
        world.clock.clearTimeout(timer);
        resolve();
      };
    });
  let last = shown;
  let stamp = stampOf(path);
  try {
    while (!isOver && last.verdict.ok) {
      await pause();
      const now = stampOf(path);
      if (isOver || now === stamp) continue;
      stamp = now;
      const next = await readAuditSource(path);
      show(next.records.slice(last.records.length).flatMap(({ audit }) => audit));
      last = next;
    }
    return last;
  } finally {
    stopListening();
  }
}

/** Changes whenever the journal is written to: SQLite appends to the file beside it first. */
const stampOf = (path: string): string =>
  [path, `${path}-wal`]
    .map((file) => {
      const found = statSync(file, { throwIfNoEntry: false });
      return found === undefined ? '' : `${found.size} ${found.mtimeMs} ${found.ino}`;
    })
    .join('/');
