/**
 * One process to a session: a file that says who trades on it.
 *
 * 1. To take the lock is to write a file of one's own, and then to look for others. Whoever finds one of a living process
 *    gives its own up: of two that come at once both may be refused, but never are both let in.
 * 2. A file of a process that is gone is no lock: whoever finds it deletes it. No name is used twice.
 * 3. Whether a process of another machine lives cannot be told: its file counts until somebody deletes it.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

export interface StoreLock {
  release(): void;
}

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** ISO 8601 UTC. */
  readonly since: string;
  /** When the process began, as the system counts it; tells it from a later one of the same pid. */
  readonly began?: string;
}

/** The locks of this process. */
const held = new Set<string>();

/**
 * @param folder made when it is not there
 * @param name of the session
 * @param now wall time, epoch ms
 * @throws {Error} naming the folder and the process, when another holds the lock
 */
export function lockStore(folder: string, name: string, now: number): StoreLock {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const prefix = `${name}.lock-`;
  const own = join(folder, `${prefix}${process.pid}-${randomUUID()}`);
  const began = beginningOf(process.pid);
  const holder: Holder = {
    pid: process.pid,
    host: hostname(),
    since: new Date(now).toISOString(),
    ...(began !== undefined && { began }),
  };
  // Under its name it is whole from the start.
  writeFileSync(`${own}~`, JSON.stringify(holder));
  renameSync(`${own}~`, own);
  held.add(own);
  const release = (): void => {
    held.delete(own);
    rmSync(own, { force: true });
  };
  try {
    for (const file of readdirSync(folder)) {
      const path = join(folder, file);
      if (file.startsWith(prefix) && !file.endsWith('~') && path !== own) assertGone(path, folder, name);
    }
  } catch (error) {
    release();
    throw error;
  }
  return { release };
}

function assertGone(path: string, folder: string, name: string): void {
  const holder = readHolder(path);
  if (holder === 'released') return;
  const before = `FIX: the session ${name} in ${folder} is in use`;
  const after = `One process at a time may log on to it; if that one is gone for good, delete ${path}`;
  if (holder === 'unreadable') throw new Error(`${before}, and by whom cannot be read. ${after}`);
  if (holder.host !== hostname()) {
    throw new Error(`${before} by process ${holder.pid} on ${holder.host} since ${holder.since}. ${after}`);
  }
  if (isAlive(path, holder)) {
    const who = holder.pid === process.pid ? `this very process (${holder.pid})` : `process ${holder.pid}`;
    throw new Error(`${before} by ${who} since ${holder.since}. One process at a time may log on to it`);
  }
  rmSync(path, { force: true });
}

function readHolder(path: string): Holder | 'released' | 'unreadable' {
  try {
    const { pid, host, since, began } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    if (typeof pid !== 'number' || typeof host !== 'string' || typeof since !== 'string') return 'unreadable';
    return { pid, host, since, ...(typeof began === 'string' && { began }) };
  } catch (error) {
    return (error as { code?: unknown }).code === 'ENOENT' ? 'released' : 'unreadable';
  }
}

function isAlive(path: string, { pid, began }: Holder): boolean {
  if (held.has(path)) return true;
  const now = beginningOf(pid);
  if (now === ENDED) return false;
  if (began !== undefined && now !== undefined) return began === now;
  // Ours, and not held: of an earlier process, to which the system had given the same number.
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: unknown }).code !== 'ESRCH';
  }
}

/** A process that is over, and whose parent has not taken note of it. */
const ENDED = 'ended';
const ZOMBIE = 'Z';

/** Fields 3 and 22 of /proc/<pid>/stat, counted behind the name in parentheses; `undefined` where the system tells none. */
function beginningOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === ZOMBIE ? ENDED : fields[19];
  } catch {
    return undefined;
  }
}
