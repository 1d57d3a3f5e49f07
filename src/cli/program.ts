/**
 * How this very program is called from the shell that started it.
 *
 * 1. What is printed works there: the name alone where the shell finds it, `npx` in a package that has it installed, else
 *    `node` with the file.
 * 2. `npm run` and `npm start` change the folder and the search path; the shell's own count.
 */
import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { shellWord } from './journal-admin/shell-command.js';
import type { Environment } from './world.js';

interface Invocation {
  /** Such as `fillchart`, `npx fillchart` or `node dist/cli/main.js`. */
  readonly program: string;
  /** A path of this process as the shell must write it. */
  readonly shellPath: (path: string) => string;
}

interface Started {
  /** The file that Node runs. */
  readonly main: string;
  readonly cwd: string;
  readonly env: Environment;
  readonly execPath: string;
}

const NAME = 'fillchart';

export function invocation({ main, cwd, env, execPath }: Started): Invocation {
  const isByNpm = env['npm_lifecycle_event'] !== undefined && env['npm_command'] !== 'exec';
  const shellFolder = (isByNpm ? env['INIT_CWD'] : undefined) ?? cwd;
  const isAway = real(shellFolder) !== real(cwd);
  const shellPath = (path: string): string => (isAway && !isAbsolute(path) ? resolve(cwd, path) : path);
  const searched = (env['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder) && !isOfNpm(folder));
  const file = real(main);
  const isThis = (path: string): boolean => existsSync(path) && real(path) === file;
  if (searched.some((folder) => isThis(join(folder, NAME)))) return { program: NAME, shellPath };
  if (foldersUp(shellFolder).some((folder) => isThis(join(folder, 'node_modules', '.bin', NAME))))
    return { program: `npx ${NAME}`, shellPath };
  const isFound = searched.some((folder) => existsSync(join(folder, 'node')));
  const node = isFound ? 'node' : shellWord(execPath);
  return { program: `${node} ${shellWord(nearest(file, real(shellFolder)))}`, shellPath };
}

/** Folders that npm and npx put in front for the time of a command. */
const isOfNpm = (folder: string): boolean =>
  folder.endsWith(join('node_modules', '.bin')) || folder.includes('node-gyp-bin');

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function foldersUp(from: string): readonly string[] {
  const folders = [from];
  for (let at = from; dirname(at) !== at; at = dirname(at)) folders.push(dirname(at));
  return folders;
}

/** A file below the folder by its short name. */
function nearest(file: string, folder: string): string {
  const short = relative(folder, file);
  return short.startsWith('..') || isAbsolute(short) ? file : short.split(sep).join('/');
}
