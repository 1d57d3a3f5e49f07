/**
 * Runs before `npm start`, `npm test`, `npm run build` and `npm run check`, so that each works on a fresh clone with
 * nothing else typed. With `--build` it also brings dist/ up to date.
 *
 * 1. It imports nothing but Node, nor does what it imports: when it runs, nothing may be installed yet.
 * 2. It says nothing when there is nothing to do; otherwise one line on stderr, so that stdout stays the command's own. At a
 *    terminal dots follow while npm works.
 * 3. Installed means: node_modules carries the stamp of this package-lock.json, made by this kind of Node. A tree that
 *    npm itself filled from the same lock is taken over as it is. On a Node.js without SQLite better-sqlite3 is there too.
 * 4. Of two commands started at once, one does the work and the other waits for it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installDriver, isDriverMissing } from './sqlite-driver.mjs';

const STAMP = 'node_modules/.fillchart-stamp';
const LOCK = '.tmp/prepare.lock';
const LOCK_WAIT_MS = 10 * 60_000;
const STDERR = 2;

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
requireNode();
withLock(installed, install);
withLock(() => !isDriverMissing(), completeWithDriver);
if (process.argv.includes('--build')) withLock(built, build);

function requireNode() {
  const wanted = readJson('package.json').engines.node.replace(/[^\d.]/g, '');
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split('.').map(Number);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  fail(`fillchart needs Node ${wanted} or later; this is Node ${process.versions.node}.`);
}

/** What node_modules must have been made from: the lock file (or else the manifest), and the Node that built native parts. */
function wantedStamp() {
  const source = existsSync('package-lock.json') ? 'package-lock.json' : 'package.json';
  const hash = createHash('sha256').update(readFileSync(source)).digest('hex');
  return { hash, runtime: `${process.platform}-${process.arch}-${process.versions.modules}` };
}

function installed() {
  if (!existsSync('node_modules')) return false;
  const wanted = wantedStamp();
  const found = existsSync(STAMP) ? readJson(STAMP) : undefined;
  if (found !== undefined && found.runtime !== wanted.runtime) return false;
  if (found?.hash === wanted.hash) return true;
  if (!npmFilledItFromTheLock()) return false;
  writeStamp();
  return true;
}

/** npm keeps what it installed in node_modules/.package-lock.json; packages of other platforms are absent there. */
function npmFilledItFromTheLock() {
  if (!existsSync('package-lock.json') || !existsSync('node_modules/.package-lock.json')) return false;
  const present = readJson('node_modules/.package-lock.json').packages ?? {};
  return Object.entries(readJson('package-lock.json').packages ?? {}).every(
    ([path, entry]) =>
      path === '' ||
      (present[path] === undefined ? entry.optional === true || entry.peer === true : same(present[path], entry)),
  );
}

function same(a, b) {
  return a.version === b.version && a.integrity === b.integrity;
}

function install() {
  const verb = existsSync('package-lock.json') ? 'ci' : 'install';
  say(`fillchart: installing the dependencies (npm ${verb}); this can take a minute or two …`);
  const flags = ['--include=dev', '--prefer-offline', '--no-audit', '--no-fund', '--no-progress', '--loglevel=error'];
  const stopSign = signOfLife();
  const code = run([...npm(), verb, ...flags], 'ignore');
  stopSign();
  if (code !== 0) fail(`fillchart: npm ${verb} failed (exit code ${code}); what npm said stands above.`);
  writeStamp();
}

/** A dot every few seconds while this process waits: for a person at a terminal, not for the log of a CI server. */
function signOfLife() {
  if (!process.stderr.isTTY || process.env.CI !== undefined) return () => undefined;
  const ticks = "process.on('disconnect', () => process.exit()); setInterval(() => process.stderr.write('.'), 3000);";
  const ticker = spawn(process.execPath, ['-e', ticks], { stdio: ['ignore', 'ignore', STDERR, 'ipc'] });
  // The wait below blocks: should this process be killed, the ticker goes with its channel.
  ticker.unref();
  ticker.channel?.unref();
  return () => {
    ticker.kill();
    process.stderr.write('\n');
  };
}

/** `npm ci` has brought it, unless scripts were not to run. */
function completeWithDriver() {
  const code = installDriver();
  if (code !== 0)
    fail(`fillchart: better-sqlite3 could not be installed (exit code ${code}); what npm said stands above.`);
}

function writeStamp() {
  writeFileSync(STAMP, `${JSON.stringify(wantedStamp())}\n`);
}

/** The npm that runs this script, if it is one; another package manager or a bare `node` falls back to the one on the path. */
function npm() {
  const self = process.env.npm_execpath;
  return self?.endsWith('npm-cli.js') ? [process.execPath, self] : ['npm'];
}

/** Built means: no source is younger than the oldest file of dist (directories count, so a deleted source does too). */
function built() {
  if (!existsSync('dist')) return false;
  const sources = [...times('src'), ...['tsconfig.json', 'tsconfig.build.json'].map((path) => statSync(path).mtimeMs)];
  const results = times('dist', { directories: false });
  return results.length > 0 && latest(sources) <= -latest(results.map((time) => -time));
}

function latest(times) {
  return times.reduce((most, time) => Math.max(most, time), Number.NEGATIVE_INFINITY);
}

function times(path, { directories = true } = {}) {
  const { mtimeMs } = statSync(path);
  const below = readdirSync(path, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? times(join(path, entry.name), { directories }) : [statSync(join(path, entry.name)).mtimeMs],
  );
  return directories ? [mtimeMs, ...below] : below;
}

function build() {
  say('fillchart: building dist …');
  const code = run([process.execPath, 'scripts/build.mjs'], STDERR);
  if (code !== 0) process.exit(code);
}

/** Does `work` unless `done` says that it is done, under a lock file that names its owner. */
function withLock(done, work) {
  if (done()) return;
  mkdirSync('.tmp', { recursive: true });
  const giveUpAt = Date.now() + LOCK_WAIT_MS;
  for (let told = false; !takeLock(); told = true) {
    if (!told) say('fillchart: another command is installing or building here; waiting for it …');
    if (Date.now() > giveUpAt) fail(`fillchart: waited ten minutes for ${LOCK}; delete it if nothing is running.`);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
  process.once('exit', dropLock);
  if (!done()) work();
  process.removeListener('exit', dropLock);
  dropLock();
}

function takeLock() {
  try {
    writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (!ownerIsGone()) return false;
    dropLock();
    return takeLock();
  }
}

function ownerIsGone() {
  try {
    const owner = Number(readFileSync(LOCK, 'utf8'));
    // An empty file is a lock in the making.
    if (owner > 0) process.kill(owner, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

function dropLock() {
  rmSync(LOCK, { force: true });
}

/** Runs a program, its errors on our stderr and its output where `stdout` says; returns its exit code. */
function run([command, ...args], stdout) {
  const shell = process.platform === 'win32' && command === 'npm';
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', stdout, STDERR], shell });
  if (error !== undefined) say(`fillchart: ${command}: ${error.message}`);
  return status ?? 1;
}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

function say(line) {
  process.stderr.write(`${line}\n`);
}

function fail(sentence) {
  say(sentence);
  process.exit(1);
}
