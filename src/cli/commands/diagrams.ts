/**
 * `fillchart diagrams`: the charts that run, as pictures, tables and texts; or whether those on disk are these.
 *
 * 1. `--check` writes nothing: it generates in memory, compares byte for byte, and ends with 1 when anything differs.
 * 2. Nothing is ever deleted: what the charts do not give is named, and left to whoever put it there.
 */
import { type Dirent, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { type Differences, differences, type Files, generateDiagrams } from '../../charts/diagrams.js';
import { LayoutEngineMissingError, loadLayout } from '../../charts/elk.js';
import { EXIT, UsageError } from '../exit-codes.js';
import type { CliWorld } from '../world.js';
import type { AddCommand } from './command.js';

const DEFAULT_FOLDER = 'diagrams';

export const addDiagrams: AddCommand = (program, world, done) => {
  program
    .command('diagrams')
    .description('write the charts that run as SVG, Markdown, JSON, Mermaid and SCXML')
    .option('--out <folder>', 'where to', DEFAULT_FOLDER)
    .option('--check', 'write nothing; name what is stale, missing or orphan, and end with 1 if anything is')
    .action(async ({ out, check }: { out: string; check?: true }) => {
      const wanted = await generated();
      const found = differences(wanted, readFolder(out));
      if (check === true) return done(tellDifferences(found, wanted.size, out, world));
      writeFolder(out, wanted, found);
      const { stale, missing, orphan } = found;
      const written = `${missing.length} new, ${stale.length} changed`;
      world.stdout.write(
        `${[`diagrams: ${wanted.size} files in ${out}, ${written}`, ...named(orphan, 'orphan', out)].join('\n')}\n`,
      );
      done(EXIT.ok);
    });
};

function tellDifferences(
  { stale, missing, orphan }: Differences,
  count: number,
  folder: string,
  world: CliWorld,
): number {
  const lines = [
    ...named(stale, 'stale', folder),
    ...named(missing, 'missing', folder),
    ...named(orphan, 'orphan', folder),
  ];
  if (lines.length === 0) {
    world.stdout.write(`diagrams: ${count} files, all as the charts give them\n`);
    return EXIT.ok;
  }
  world.stderr.write(`${lines.join('\n')}\n`);
  return EXIT.checkFailed;
}

const ADVICE = {
  stale: 'the chart gives another content; generate it anew',
  missing: 'generate it',
  orphan: 'no chart gives it; delete it',
} as const;

const named = (files: readonly string[], what: keyof typeof ADVICE, folder: string): readonly string[] =>
  files.map((file) => `${what}: ${join(folder, file)} (${ADVICE[what]})`);

/** @throws {UsageError} saying what to install */
async function generated(): Promise<Files> {
  try {
    return await generateDiagrams(await loadLayout());
  } catch (error) {
    throw error instanceof LayoutEngineMissingError ? new UsageError(error.message) : error;
  }
}

/**
 * Everything in the folder, at any depth.
 *
 * @throws {UsageError} for a folder that cannot be read
 */
function readFolder(folder: string): Files {
  if (!existsSync(folder)) return new Map();
  try {
    const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
    return new Map(entries.filter((entry) => !entry.isDirectory()).map((entry) => textOf(entry, folder)));
  } catch (error) {
    throw new UsageError(`--out: ${folder} cannot be read: ${error instanceof Error ? error.message : error}.`);
  }
}

/** A file by its path in the folder. What is no plain file (a link) is there, and has no text. */
function textOf(entry: Dirent, folder: string): readonly [path: string, text: string] {
  const path = join(entry.parentPath, entry.name);
  return [relative(folder, path).replaceAll(sep, '/'), entry.isFile() ? readFileSync(path, 'utf8') : ''];
}

/** @throws {UsageError} for a folder that cannot be written */
function writeFolder(folder: string, wanted: Files, { stale, missing }: Differences): void {
  try {
    for (const name of [...stale, ...missing]) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), wanted.get(name) ?? '');
    }
  } catch (error) {
    throw new UsageError(`--out: ${folder} cannot be written: ${error instanceof Error ? error.message : error}.`);
  }
}
