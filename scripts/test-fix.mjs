/**
 * `npm run test:fix`: the FIX adapter against QuickFIX, a counterparty that we did not write.
 *
 * 1. Debian's libquickfix packages are fetched with apt into .tmp/quickfix and unpacked there; nothing is installed.
 * 2. Their compiled examples (ordermatch, executor) are used as they are; our acceptor is compiled against the library.
 * 3. Everything runs in one private network namespace: these programs listen on every interface.
 *
 * `-- --fetch-only` ends after the compilation; other arguments go to vitest. Exit code 69: this system cannot have the
 * packages, a compiler or a network namespace, and nothing was tested.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const PACKAGES = ['libquickfix17', 'libquickfix-dev', 'libquickfix-doc'];
const folder = '.tmp/quickfix';
const root = join(folder, 'root');
const examples = join(root, 'usr/share/doc/libquickfix-doc/examples');
const source = 'test/fix/acceptor/acceptor.cpp';

/** EX_UNAVAILABLE of sysexits.h. */
const UNAVAILABLE = 69;
const NAMESPACE = ['unshare', '-rn', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
const given = process.argv.slice(2);

mkdirSync(folder, { recursive: true });
if (!existsSync(examples)) fetchPackages();
unzip(join(examples, 'ordermatch/.libs/ordermatch.gz'), join(folder, 'ordermatch'));
unzip(join(examples, 'executor/C++/.libs/executor.gz'), join(folder, 'executor'));
compile();
if (!given.includes('--fetch-only')) test();

function fetchPackages() {
  run(
    'apt-get',
    ['download', ...PACKAGES],
    folder,
    'apt could not download the QuickFIX packages (Debian, or a system with them, is needed).',
  );
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.deb'))) {
    run('dpkg', ['-x', name, 'root'], folder, `${name} cannot be unpacked.`);
  }
}

function unzip(from, to) {
  if (existsSync(to)) return;
  writeFileSync(to, gunzipSync(readFileSync(from)));
  chmodSync(to, 0o755);
}

function compile() {
  const program = join(folder, 'acceptor');
  if (existsSync(program) && statSync(program).mtimeMs > statSync(source).mtimeMs) return;
  const libraries = readdirSync(join(root, 'usr/lib')).map((name) => `-L${join(root, 'usr/lib', name)}`);
  const options = ['-std=c++14', '-w', '-O1', `-I${join(root, 'usr/include')}`];
  const args = [...options, '-o', program, source, ...libraries, '-lquickfix', '-lpthread'];
  run('g++', ['--version'], '.', 'g++ is needed to compile the acceptor.');
  run('g++', args, '.', 'the acceptor does not compile.', 1);
}

function test() {
  const [unshare, ...args] = NAMESPACE;
  run(unshare, [...args, 'true'], '.', 'a private network namespace is not to be had here (unshare -rn, ip).');
  const vitest = [process.execPath, 'node_modules/vitest/vitest.mjs', 'run', 'test/fix', ...given];
  const { status } = spawnSync(unshare, [...args, ...vitest], {
    stdio: 'inherit',
    env: { ...process.env, FILLCHART_FIX_ISOLATED: '1' },
  });
  process.exitCode = status ?? 1;
}

function run(program, args, cwd, problem, exitCode = UNAVAILABLE) {
  const { status, error } = spawnSync(program, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status === 0) return;
  process.stderr.write(`test:fix: ${problem}${error === undefined ? '' : ` (${error.message})`}\n`);
  process.exit(exitCode);
}
