/**
 * `npm run test:node -- <version …> [--deep | --crash] [arguments of vitest]`: the tests under other versions of Node.js, 22, 24 and 26
 * unless told otherwise: those of `npm test`, and the deep ones of the journal in SQLite. `--deep` runs all the deep ones;
 * files or a `--project` that are named run alone. `--crash` runs the campaigns of kills and of mishaps instead (`scripts/crash.mjs`),
 * small ones: its arguments follow.
 *
 * 1. The binaries come from the npm package `node`, which has each version; they are kept in `node_modules/.cache`.
 * 2. What is installed stays as it is: it was made for the Node.js that runs this script. A module that was compiled for that
 *    one cannot be loaded by another; the journal then runs on the SQLite of Node.js itself, which is what is to be tested.
 * 3. A version that cannot be fetched is a failure, never a pass.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

const VERSIONS = ['22', '24', '26'];
const JOURNAL_SUITES = [
  'test/adapters/journals',
  'test/audit/verify',
  'test/recovery/unusable-journal',
  'test/recovery/damaged-journal',
  'test/cli/standing',
];

/** A campaign of kills, and one of each mishap: the same scenarios as under any other Node.js. */
const CRASHES = [
  ['--kills', '60', '--load', '60'],
  ['--stop', '--disk-full', '--read-only', '--delete-journal', '--runs', '6', '--real-time', '1'],
];

const given = process.argv.slice(2);
const versions = given.filter((word) => /^\d+(?:\.\d+){0,2}$/.test(word));
const all = given.includes('--deep');
const isCrash = given.includes('--crash');
const more = given.filter((word) => !versions.includes(word) && word !== '--deep' && word !== '--crash');

const failed = [];
for (const version of versions.length > 0 ? versions : VERSIONS) {
  const binary = fetched(version);
  if (binary === undefined || !passes(binary)) failed.push(version);
}
if (failed.length > 0) say(`failed under Node.js ${failed.join(', ')}.`);
process.exitCode = failed.length > 0 ? 1 : 0;

function fetched(version) {
  const folder = join(root, 'node_modules/.cache', `node-${version}`);
  const binary = join(folder, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(binary)) {
    say(`fetching Node.js ${version} …`);
    mkdirSync(folder, { recursive: true });
    // A folder that is a project of its own: npm would install into the one above it otherwise.
    writeFileSync(
      join(folder, 'package.json'),
      `${JSON.stringify({ name: 'other-node', private: true, allowScripts: { node: true } })}\n`,
    );
    const flags = ['--no-save', '--prefer-offline', '--no-audit', '--no-fund', '--no-progress', '--loglevel=error'];
    const { status } = run([...npm(), 'install', `node@${version}`, ...flags], folder, process.env);
    if (status !== 0 || !existsSync(binary)) {
      say(`Node.js ${version} cannot be had from npm.`);
      return undefined;
    }
  }
  return binary;
}

function passes(binary) {
  const { stdout } = spawnSync(binary, ['-p', "[process.version, process.versions.sqlite].join(', SQLite ')"], {
    encoding: 'utf8',
  });
  say(`Node.js ${stdout.trim()}`);
  if (isCrash)
    return CRASHES.every(
      (args) => run([binary, 'scripts/crash.mjs', ...args, ...more], root, process.env).status === 0,
    );
  const env = { ...process.env, PATH: `${dirname(binary)}${delimiter}${process.env.PATH ?? ''}` };
  const vitest = [binary, 'node_modules/vitest/vitest.mjs', 'run'];
  const isChosen = more.some((word) => word.startsWith('test/') || word === '--project');
  const deep = all ? [] : JOURNAL_SUITES;
  const runs = isChosen
    ? [more]
    : [
        ['--project', 'fast', ...more],
        ['--project', 'deep', ...deep, ...more],
      ];
  return runs.map((args) => run([...vitest, ...args], root, env).status === 0).every(Boolean);
}

function npm() {
  const self = process.env.npm_execpath;
  return self?.endsWith('npm-cli.js') ? [process.execPath, self] : ['npm'];
}

function run([command, ...args], cwd, env) {
  const shell = process.platform === 'win32' && command === 'npm';
  return spawnSync(command, args, { cwd, env, stdio: 'inherit', shell });
}

function say(sentence) {
  process.stderr.write(`test:node: ${sentence}\n`);
}
