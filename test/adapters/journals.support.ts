/**
 * What the journal tests share: folders that go away, and child processes that can be killed.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll } from 'vitest';
import type { DriverName } from '../../src/adapters/journals/sqlite.js';

const ROOT = new URL('../..', import.meta.url).pathname;

/** A new folder a call; all are deleted after the last test of the file. */
export function scratchFolders(): () => string {
  const folders: string[] = [];
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
  return () => {
    const folder = mkdtempSync(join(tmpdir(), 'fillchart-journal-'));
    folders.push(folder);
    return folder;
  };
}

/** Runs a program of `journals.child.ts` in a process of its own. */
interface Children {
  start(program: string, ...args: string[]): Child;
  /** The command line of a program, for a shell. */
  command(program: string, ...args: string[]): string[];
}

interface Child {
  readonly process: ChildProcess;
  /** The next line that it prints; `undefined` when it ended without one. */
  line(): Promise<string | undefined>;
  kill(): Promise<void>;
}

/** Compiles the child program once a test file: this Node.js runs no TypeScript. What still runs at the end is killed. */
export function childProcesses(driver: DriverName): Children {
  // Inside the project, so that better-sqlite3 is found from there.
  mkdirSync(join(ROOT, '.tmp'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, '.tmp', 'journals-'));
  compile(folder);
  const main = join(folder, 'test/adapters/journals.child.js');
  const running = new Set<ChildProcess>();
  afterAll(() => {
    for (const child of running) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  const command = (program: string, ...args: string[]): string[] => [process.execPath, main, driver, program, ...args];
  return {
    command,
    start(program, ...args) {
      const [executable = '', ...rest] = command(program, ...args);
      const child = spawn(executable, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
      const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      running.add(child);
      child.once('exit', () => running.delete(child));
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      return {
        process: child,
        line: async () => (await lines.next()).value,
        async kill() {
          child.kill('SIGKILL');
          await exited;
        },
      };
    },
  };
}

function compile(outDir: string): void {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  const options = [
    '--ignoreConfig',
    '--rootDir',
    ROOT,
    '--outDir',
    outDir,
    '--module',
    'nodenext',
    '--target',
    'es2022',
  ];
  const source = join(ROOT, 'test/adapters/journals.child.ts');
  const run = spawnSync(process.execPath, [tsc, ...options, '--noCheck', '--types', 'node', source], {
    encoding: 'utf8',
  });
  if (run.status !== 0) throw new Error(`the child program does not compile:\n${run.stdout}${run.stderr}`);
}

/** Whether this machine lets a test mount file systems that no other process sees. */
export const canMount = (): boolean =>
  spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;
