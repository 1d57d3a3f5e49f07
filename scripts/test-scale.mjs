/**
 * `npm run test:scale`: the charts on Restate, over several processes.
 *
 * 1. Restate's server comes from the npm registry into .tmp/restate; HAProxy from Debian, with apt, when it is not installed.
 * 2. Everything runs on loopback in one private network namespace, so that the fixed ports are free and nobody else is met.
 *
 * Arguments go to vitest. Exit code 69: this system cannot have what is needed, and nothing was tested.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/** The server that the SDK in package.json is tested with. */
const SERVER = '@restatedev/restate-server-linux-x64@1.7.12';
const folder = '.tmp/restate';
const binary = join(folder, 'node_modules/@restatedev/restate-server-linux-x64/bin/restate-server');

/** EX_UNAVAILABLE of sysexits.h. */
const UNAVAILABLE = 69;
const NAMESPACE = ['unshare', '-rn', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
const given = process.argv.slice(2);

if (process.platform !== 'linux' || process.arch !== 'x64') fail('Restate is fetched for Linux on x64 alone.');
if (!existsSync(binary)) fetchServer();
if (spawnSync('haproxy', ['-v'], { stdio: 'ignore' }).status !== 0) fetchProxy();
if (!given.includes('--fetch-only')) test();

function fetchServer() {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const args = ['install', '--no-audit', '--no-fund', '--no-save', SERVER];
  run('npm', args, folder, `${SERVER} cannot be installed.`);
}

function fetchProxy() {
  run(
    'apt-get',
    ['install', '-y', '--no-install-recommends', 'haproxy'],
    '.',
    'HAProxy is not installed, and apt could not install it.',
  );
}

function test() {
  const [unshare, ...args] = NAMESPACE;
  run(unshare, [...args, 'true'], '.', 'a private network namespace is not to be had here (unshare -rn, ip).');
  const vitest = [process.execPath, 'node_modules/vitest/vitest.mjs', 'run', '--project', 'scale', ...given];
  const { status } = spawnSync(unshare, [...args, ...vitest], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}

function run(program, args, cwd, problem) {
  const { status, error } = spawnSync(program, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) fail(`${problem}${error === undefined ? '' : ` (${error.message})`}`);
}

function fail(problem) {
  process.stderr.write(`test:scale: ${problem}\n`);
  process.exit(UNAVAILABLE);
}
