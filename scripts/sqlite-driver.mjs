/**
 * Brings better-sqlite3, where the running Node.js has no SQLite that will do (20, and 22 before it had SQLite 3.51.3).
 *
 * 1. It is an optional peer dependency and stands in no lock file, for npm would compile it on every Node.js otherwise, also as
 *    an optional dependency. Here it is installed beside what `npm ci` installed, in the exact version of `package.json`.
 * 2. npm runs this after `npm ci` and `npm install`, as the script `postprepare`: of a `prepare`, npm 11 would warn everybody who
 *    installs the packed file, which does not hold this one. `ensure-installed.mjs` runs it for a tree that was filled without
 *    scripts. It imports nothing but Node.
 * 3. Users of the package install better-sqlite3 themselves; the journal tells them the command when it is missing.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { fileURLToPath } from 'node:url';

const NAME = 'better-sqlite3';
/** As in `src/adapters/journals/sqlite/driver.ts`. */
const OLDEST_SQLITE = [3, 51, 3];
const root = fileURLToPath(new URL('..', import.meta.url));

/** Whether this Node.js needs better-sqlite3, and the tree lacks it or has it uncompiled or in another version. */
export function isDriverMissing() {
  if (hasOwnSqlite()) return false;
  const folder = `${root}/node_modules/${NAME}`;
  if (!existsSync(`${folder}/build/Release/better_sqlite3.node`)) return true;
  return JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')).version !== wantedVersion();
}

function hasOwnSqlite() {
  if (!isBuiltin('node:sqlite')) return false;
  const found = (process.versions.sqlite ?? '0').split('.').map(Number);
  const differing = OLDEST_SQLITE.findIndex((part, index) => part !== (found[index] ?? 0));
  return differing === -1 || (found[differing] ?? 0) > OLDEST_SQLITE[differing];
}

const wantedVersion = () =>
  JSON.parse(readFileSync(`${root}/package.json`, 'utf8')).peerDependencies[NAME].replace(/^[~^]/, '');

/** Installs it; its exit code. It is fetched ready-made where that can be had, and compiled otherwise. */
export function installDriver() {
  process.stderr.write(
    `fillchart: Node.js ${process.version} has no SQLite that will do; installing ${NAME}, which may have to be compiled …\n`,
  );
  const self = process.env.npm_execpath;
  const npm = self?.endsWith('npm-cli.js') ? [process.execPath, self] : ['npm'];
  // As a development dependency, for npm installs no optional peer that is named; `--no-save` leaves package.json as it is.
  const flags = [
    '--save-dev',
    '--no-save',
    '--no-package-lock',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--no-progress',
  ];
  const [command, ...args] = [...npm, 'install', `${NAME}@${wantedVersion()}`, ...flags, '--loglevel=error'];
  const shell = process.platform === 'win32' && command === 'npm';
  const { status } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], shell });
  if (status === 0 && isDriverMissing()) process.stderr.write(`fillchart: npm has not installed ${NAME}.\n`);
  return isDriverMissing() ? status || 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url) && isDriverMissing()) process.exitCode = installDriver();
