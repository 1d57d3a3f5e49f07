/**
 * Proves that the package works as installed: packs it, installs the tarball in an empty folder, imports every entry
 * point, runs every command with `--help`, compiles a small consumer against the shipped types, and runs the first program
 * of the README as it stands.
 *
 * 1. Optional peers are not installed: an entry point that needs one on import fails here.
 * 2. Errors in the shipped types count even where `skipLibCheck` would hide them; those of other packages do not.
 * 3. Dependencies come from npm's cache where it has them, and their install scripts do not run.
 * 4. Nothing is left behind but a fresh dist.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const entries = Object.keys(manifest.exports).map((key) => manifest.name + key.slice(1));
const modules = entries.filter((entry) => !entry.endsWith('.json'));

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'fillchart-exports-')));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

const consumer = join(folder, 'consumer');
mkdirSync(consumer);
write('package.json', JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
installTarball(pack());
importEachEntry();
runEachCommand();
runReadme();
for (const moduleResolution of ['Node16', 'NodeNext', 'Bundler']) compileConsumer(moduleResolution);
process.stdout.write(`exports: ${entries.join(', ')}\n`);

function pack() {
  must('npm pack failed', root, ...npm(), 'pack', '--pack-destination', folder, '--loglevel=error');
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  if (tarball === undefined) fail('npm pack wrote no tarball.');
  return join(folder, tarball);
}

function installTarball(tarball) {
  const flags = ['--prefer-offline', '--ignore-scripts', '--omit=optional', '--omit=peer', '--fetch-retries=1'];
  const quiet = ['--no-audit', '--no-fund', '--no-progress', '--loglevel=error'];
  must('the tarball cannot be installed', consumer, ...npm(), 'install', tarball, ...flags, ...quiet);
}

function importEachEntry() {
  write(
    'import.mjs',
    `import { createRequire } from 'node:module';
for (const entry of ${JSON.stringify(modules)}) {
  const names = Object.keys(await import(entry));
  if (names.length === 0) throw new Error(entry + ' exports nothing');
  if (names.includes('default')) throw new Error(entry + ' has a default export');
}
for (const entry of ${JSON.stringify(entries)}) createRequire(import.meta.url).resolve(entry);
`,
  );
  must('an entry point cannot be imported', consumer, process.execPath, 'import.mjs');
}

function runEachCommand() {
  for (const name of Object.keys(manifest.bin ?? {})) {
    const command = join(consumer, 'node_modules', '.bin', process.platform === 'win32' ? `${name}.cmd` : name);
    must(`the command ${name} does not answer to --help`, consumer, command, '--help');
  }
}

/** The README of the package itself: its first program must print what stands below it. */
function runReadme() {
  const readme = readFileSync(join(consumer, 'node_modules', manifest.name, 'README.md'), 'utf8');
  const [, program, printed] = /```ts\n(.*?)```.*?```text\n(.*?)```/s.exec(readme) ?? [];
  if (program === undefined) fail('the README shows no program with what it prints.');
  write('readme.mjs', program);
  const { status, output } = run(consumer, process.execPath, 'readme.mjs');
  if (status !== 0 || output !== printed) fail(`the program of the README printed:\n${output}instead of:\n${printed}`);
}

function compileConsumer(moduleResolution) {
  const uses = modules.map(
    (entry, index) => `import * as entry${index} from '${entry}';
export const typed${index}: IsAny<typeof entry${index}> = false;
export const names${index}: readonly string[] = Object.keys(entry${index});`,
  );
  write('consumer.ts', `type IsAny<T> = 0 extends 1 & T ? true : false;\n${uses.join('\n')}\n`);
  const compilerOptions = {
    module: moduleResolution === 'Bundler' ? 'ESNext' : moduleResolution,
    moduleResolution,
    target: 'ES2022',
    lib: ['ES2023'],
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
    strict: true,
    skipLibCheck: false,
    noEmit: true,
  };
  write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { status, output } = run(consumer, process.execPath, tsc, '--pretty', 'false');
  const errors = output.split('\n').filter((line) => / error TS\d+:|^error TS/.test(line));
  const ours = errors.filter(
    (line) => !line.includes('node_modules/') || line.includes(`node_modules/${manifest.name}/`),
  );
  if (ours.length > 0) fail(`the types do not compile (${moduleResolution}):\n${ours.join('\n')}`);
  if (status !== 0 && errors.length === 0) fail(`tsc failed (${moduleResolution}):\n${output}`);
}

function npm() {
  const self = process.env.npm_execpath;
  return self?.endsWith('npm-cli.js') ? [process.execPath, self] : ['npm'];
}

function must(sentence, cwd, command, ...args) {
  const { status, output } = run(cwd, command, ...args);
  if (status !== 0) fail(`${sentence}:\n${output.trimEnd()}`);
}

/** Runs a program as a user would type it: without what npm told the script that we are. */
function run(cwd, command, ...args) {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([key]) => !/^npm_(package|lifecycle|command|config_(local_)?prefix)/i.test(key),
    ),
  );
  const shell = process.platform === 'win32' && !command.endsWith('.exe');
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, env, shell, encoding: 'utf8', input: '' });
  return { status: status ?? 1, output: `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}` };
}

function write(name, text) {
  writeFileSync(join(consumer, name), text);
}

function fail(sentence) {
  process.stderr.write(`exports: ${sentence}\n`);
  process.exit(1);
}
