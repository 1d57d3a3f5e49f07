/**
 * A command line without a process: captured streams, a virtual clock, an operator's fingers.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { runCli } from '../../src/cli/cli.js';
import type { CliWorld, Environment } from '../../src/cli/world.js';
import { type VirtualClock, virtualClock } from '../../src/testing/virtual-clock.js';

interface Terminal {
  readonly columns: number;
  readonly rows: number;
}

export interface Setting {
  readonly stdin?: string | CliWorld['stdin'];
  readonly env?: Environment;
  /** The folder of the bundled pages. */
  readonly pages?: URL;
  /** Standard output is a terminal of this size; a pipe when absent. */
  readonly terminal?: Partial<Terminal>;
  /** Presses ctrl-c so many ms of the virtual clock after somebody began to listen for it: modules may load first. */
  readonly interruptAtMs?: readonly number[];
  /** How often it is pressed each time, in one turn of the event loop; once by default. */
  readonly presses?: number;
}

interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Codes with which the process was left at once. */
  readonly exits: readonly number[];
  readonly clock: VirtualClock;
  /** Listeners that are still there afterwards. */
  readonly listeners: number;
}

/** Runs `fillchart …args` until it ends, however much virtual time that takes. */
export async function cli(args: readonly string[], setting: Setting = {}): Promise<Ran> {
  const clock = virtualClock();
  const written = { stdout: '', stderr: '' };
  const exits: number[] = [];
  const interrupts = new Set<() => void>();
  const exitListeners = new Set<() => void>();
  let isListenedTo = false;
  let leave: (code: number) => void = () => undefined;
  const left = new Promise<number>((resolve) => {
    leave = resolve;
  });
  const listen = (set: Set<() => void>) => (listener: () => void) => {
    set.add(listener);
    return () => void set.delete(listener);
  };
  const sink = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => {
      written[name] += text;
    },
    ...(name === 'stdout' && setting.terminal !== undefined && { isTTY: true, ...setting.terminal }),
  });
  const world: CliWorld = {
    stdin: typeof setting.stdin === 'object' ? setting.stdin : text(setting.stdin ?? ''),
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    env: setting.env ?? {},
    ...(setting.pages !== undefined && { pages: setting.pages }),
    clock,
    onInterrupt(listener) {
      if (!isListenedTo) {
        isListenedTo = true;
        for (const ms of setting.interruptAtMs ?? [])
          clock.setTimeout(() => pressed([...interrupts], setting.presses ?? 1), ms);
      }
      return listen(interrupts)(listener);
    },
    onExit: listen(exitListeners),
    exit(code) {
      exits.push(code);
      for (const listener of exitListeners) listener();
      leave(code);
    },
  };
  const exitCode = await driven(clock, Promise.race([runCli(args, world), left]));
  return { exitCode, ...written, exits, clock, listeners: interrupts.size + exitListeners.size };
}

function pressed(listeners: readonly (() => void)[], times: number): void {
  for (let press = 0; press < times; press += 1) for (const listener of listeners) listener();
}

async function* text(content: string): CliWorld['stdin'] & AsyncGenerator<string> {
  yield content;
}

/** Turns of the event loop, and real time for what is loaded from the disk, before a command counts as stuck. */
const MOST_TURNS = 20_000;
const LONGEST_REAL_MS = 15_000;

/** Like `runUntil`, but patient with what needs turns of the event loop instead of timers (SQLite, streams, modules). */
async function driven<T>(clock: VirtualClock, until: Promise<T>): Promise<T> {
  let isOver = false;
  const mark = () => {
    isOver = true;
  };
  until.then(mark, mark);
  const end = performance.now() + LONGEST_REAL_MS;
  for (let turn = 0; (turn < MOST_TURNS || performance.now() < end) && !isOver; turn += 1) {
    for (let settle = 0; settle < 3 && !isOver; settle += 1) await clock.settle();
    if (!isOver && clock.pendingTimers > 0) await clock.advance(50);
  }
  if (!isOver) throw new Error(`the command has not ended by ${clock.monotonic()} ms`);
  return until;
}

export const ADVISORY = {
  advisoryId: 'A',
  symbol: 'AAPL',
  referencePrice: '150.00',
  slOffsetPct: '-0.02',
  tpOffsetPct: '0.03',
  positionSize: '100',
  expirationTimestamp: '2099-01-01T00:00:00Z',
} as const;

export const CONFIG = {
  instruments: [
    { symbol: 'AAPL', tickSize: '0.01', lotSize: '1' },
    { symbol: 'MSFT', tickSize: '0.01', lotSize: '1' },
  ],
  quotes: { AAPL: '151.00', MSFT: '410.00' },
} as const;

export const advisory = (changes: object = {}): object => ({ ...ADVISORY, ...changes });

export const jsonl = (...values: readonly (object | string)[]): string =>
  values.map((value) => `${typeof value === 'string' ? value : JSON.stringify(value)}\n`).join('');

/** A folder for the files of a test, gone afterwards. */
export function folder(): { path(name: string): string; file(name: string, content: string | object): string } {
  let made: string | undefined;
  afterEach(() => {
    if (made !== undefined) rmSync(made, { recursive: true, force: true });
    made = undefined;
  });
  const path = (name: string): string => {
    made ??= mkdtempSync(join(tmpdir(), 'fillchart-cli-'));
    return join(made, name);
  };
  return {
    path,
    file(name, content) {
      const target = path(name);
      writeFileSync(target, typeof content === 'string' ? content : JSON.stringify(content));
      return target;
    },
  };
}
