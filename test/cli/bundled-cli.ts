/**
 * The command line as a program of its own, bundled from the sources: for tests that need a process, a shell, or a folder
 * where libraries are missing.
 */
import { execFile } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What is never in the bundle: a native module, and the libraries of the adapters. */
const EXTERNAL = ['better-sqlite3', '@alpacahq/alpaca-trade-api', 'jspurefix', 'ccxt', 'elkjs/lib/elk.bundled.js'];

export interface BundledCli {
  /** The program, to be run with node. */
  readonly main: string;
  /** A folder for what the test writes. */
  readonly folder: string;
  remove(): void;
}

/**
 * @param parent the folder in which the bundle is made: libraries are looked for from there upwards
 * @param inOneFile a part that is loaded on first use would wait for the program, which waits for it
 */
export async function bundledCli(parent = join(ROOT, '.tmp'), inOneFile = false): Promise<BundledCli> {
  mkdirSync(parent, { recursive: true });
  const home = mkdtempSync(join(parent, 'cli-'));
  const bundle = await rolldown({
    input: join(ROOT, 'src/cli/main.ts'),
    platform: 'node',
    external: EXTERNAL,
    resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
    logLevel: 'silent',
  });
  const dir = join(home, 'dist/cli');
  const split = inOneFile ? ({ codeSplitting: false } as const) : { chunkFileNames: '[name]-[hash].mjs' };
  await bundle.write({ dir, format: 'esm', entryFileNames: 'main.mjs', ...split });
  await bundle.close();
  copyFileSync(join(ROOT, 'package.json'), join(home, 'package.json'));
  const folder = join(home, 'work');
  mkdirSync(folder);
  return { main: join(dir, 'main.mjs'), folder, remove: () => rmSync(home, { recursive: true, force: true }) };
}

/** Makes some of the project's libraries, and no others, be found by a bundle outside the project. */
export function linkLibraries({ main }: BundledCli, names: readonly string[]): void {
  const modules = join(main, '../../../node_modules');
  mkdirSync(modules);
  for (const name of names) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
}

/** Puts `fillchart` and `npx fillchart` in front of everything else on the path; returns the path. */
export function onPath({ main, folder }: BundledCli): string {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const script = (name: string, skip: string): void => {
    const file = join(bin, name);
    writeFileSync(file, `#!/bin/sh\n${skip}exec "${process.execPath}" "${main}" "$@"\n`);
    chmodSync(file, 0o755);
  };
  script('fillchart', '');
  script('npx', 'test "$1" = fillchart || exit 64\nshift\n');
  return `${bin}:${process.env['PATH'] ?? ''}`;
}

interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
export function ended(
  program: string,
  args: readonly string[],
  { cwd, env = {} }: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { cwd, env: { PATH: process.env['PATH'], ...env }, timeout: 60_000 };
    execFile(program, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ exitCode: code, stdout, stderr });
    });
  });
}
