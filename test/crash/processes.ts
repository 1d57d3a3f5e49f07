/**
 * The processes of a crash test, seen from outside.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { BrokerTruth } from './broker.process.js';
import type { Run, Said } from './engine.process.js';
import type { Pace, Roughness } from './order-script.js';
import { onLines } from './wire.js';

export interface BrokerProcess {
  /** What the broker holds to be so, now. */
  truth(): Promise<BrokerTruth>;
  stop(): void;
}

interface BrokerSetting {
  readonly program: string;
  readonly socket: string;
  readonly seed: number;
  readonly speed: number;
  readonly pace: Pace;
  readonly roughness?: Roughness;
}

export async function startBroker({ program, socket, ...setting }: BrokerSetting): Promise<BrokerProcess> {
  const { seed, speed, pace, roughness = 'plain' } = setting;
  const child = spawn(process.execPath, [program, socket, String(seed), String(speed), pace, roughness], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve());
    child.once('exit', (code) => reject(new Error(`the broker ended with ${code}`)));
  });
  let asked = 0;
  let giveUp: (error: Error) => void = () => undefined;
  const ended = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  ended.catch(() => undefined);
  // A broker that is not there any more can be asked nothing: what killed it is no finding about an engine.
  child.once('exit', (code, signal) => {
    giveUp(new Error(`the broker ended with ${signal ?? code}`));
  });
  const ask = (): Promise<BrokerTruth> =>
    new Promise((resolve) => {
      asked += 1;
      const question = asked;
      const listen = (message: unknown): void => {
        const answer = message as { question: number; truth: BrokerTruth };
        if (answer.question !== question) return;
        child.off('message', listen);
        resolve(answer.truth);
      };
      child.on('message', listen);
      child.send(question, (error) => error && giveUp(error));
    });
  return { truth: () => Promise.race([ask(), ended]), stop: () => void child.kill('SIGKILL') };
}

export interface EngineRun {
  readonly said: readonly Said[];
  /** When it ended: by which signal, or that it ended by itself. */
  readonly ended: Promise<NodeJS.Signals | 'by itself'>;
  /** Resolves when the engine has recovered, or the process has ended. */
  readonly opened: Promise<void>;
  kill(): void;
  /** Stops the process where it stands, and lets it go on. */
  freeze(): void;
  thaw(): void;
}

export function startEngine(program: string, run: Run, place?: Place): EngineRun {
  const engine = [process.execPath, program, JSON.stringify(run)] as const;
  const isPlaced = place !== undefined;
  const [command, ...args] = place === undefined ? engine : commandIn(place, engine);
  const child: ChildProcess = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: isPlaced });
  const said: Said[] = [];
  let tellOpened: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    tellOpened = resolve;
  });
  if (child.stdout !== null) {
    onLines(child.stdout, (value) => {
      said.push(value as Said);
      if ((value as Said).said === 'opened') tellOpened();
    });
  }
  // `close`, not `exit`: what it printed before it died is read to the end.
  const ended = new Promise<NodeJS.Signals | 'by itself'>((resolve) => {
    child.once('close', (_, signal) => {
      tellOpened();
      resolve(signal ?? 'by itself');
    });
  });
  // To all that stands between it and the engine, too.
  const signal = (name: NodeJS.Signals): void => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    process.kill(isPlaced ? -child.pid : child.pid, name);
  };
  return {
    ...{ said, ended, opened },
    kill: () => signal('SIGKILL'),
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
  };
}

/** A file system of the engine's own, in which the files of `folder` are: full but for so much, or read-only. */
export type Place =
  | { readonly kind: 'full'; readonly folder: string; readonly leftKb: number }
  | { readonly kind: 'read-only'; readonly folder: string };

/** Its root is a folder beside the files; what the engine leaves in it is brought back. */
const INSIDE: Readonly<Record<Place['kind'], string>> = {
  full: `set -e; mkdir -p "$0/mount"; mount -t tmpfs -o size="$1"k none "$0/mount"; cp -p "$0"/journal.db* "$0/mount"
    cd "$0/mount"; shift; set +e; "$@"; code=$?; rm -f "$0"/journal.db*; cp -p journal.db* "$0"; exit $code`,
  'read-only': `set -e; mkdir -p "$0/mount"; mount --bind "$0" "$0/mount"; mount -o remount,bind,ro "$0/mount"
    cd "$0/mount"; shift; exec "$@"`,
};

function commandIn(place: Place, engine: readonly string[]): readonly [string, ...string[]] {
  const sizeKb = place.kind === 'full' ? journalKb(place.folder) + place.leftKb : 0;
  return ['unshare', '-rm', 'sh', '-c', INSIDE[place.kind], place.folder, String(sizeKb), ...engine];
}

const PAGE_KB = 4;

/** What the files of the journal take, in whole pages. */
function journalKb(folder: string): number {
  const sizes = readdirSync(folder)
    .filter((name) => name.startsWith('journal.db'))
    .map((name) => statSync(join(folder, name)).size);
  return sizes.reduce((sum, size) => sum + Math.ceil(size / (PAGE_KB * 1_024)) * PAGE_KB, 0);
}

/** Whether a process may have file systems of its own here. */
export const canMount = (): boolean =>
  spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;
