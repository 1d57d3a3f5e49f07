/**
 * Builds dist/ from src/.
 *
 * 1. A build that fails leaves the previous dist as it was: the new one is made beside it and takes its place at the end.
 * 2. Every file that package.json promises (`exports`, `bin`) is there afterwards, and every `bin` can be executed.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { bundleBrowser, bundleConsole } from './bundle-browser.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const TSC = 'node_modules/typescript/bin/tsc';
const stage = `.tmp/dist-${process.pid}`;
const manifest = JSON.parse(readFileSync('package.json', 'utf8'));

process.once('exit', () => rmSync(stage, { recursive: true, force: true }));
compile();
await bundleBrowser(join(stage, 'browser'));
await bundleConsole(join(stage, 'service/console'), await charts());
for (const promise of promises()) checkPromise(promise);
for (const path of Object.values(manifest.bin ?? {})) makeExecutable(path);
mkdirSync('.tmp', { recursive: true });
rmSync('dist', { recursive: true, force: true });
renameSync(stage, 'dist');

function compile() {
  if (!existsSync(TSC)) fail('TypeScript is not installed; run `npm install` first.');
  const args = [TSC, '-p', 'tsconfig.build.json', '--outDir', stage];
  const { status } = spawnSync(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) fail('src does not compile; the errors stand above.');
}

/** The pictures and rules of this package, as the code that was just compiled reads them. */
async function charts() {
  const { readBook } = await import(pathToFileURL(join(process.cwd(), stage, 'charts/interactive/packaged.js')).href);
  return readBook(pathToFileURL(`${process.cwd()}/`));
}

/** Every file that package.json names, with the field that names it. */
function promises() {
  const leaves = (value, label) =>
    typeof value === 'string'
      ? [{ path: value, label }]
      : Object.entries(value ?? {}).flatMap(([key, inner]) =>
          leaves(inner, key.startsWith('.') ? `${label} "${key}"` : label),
        );
  const bins = Object.entries(manifest.bin ?? {}).map(([name, path]) => ({ path, label: `bin "${name}"` }));
  return [...leaves(manifest.exports, 'exports'), ...bins];
}

function checkPromise({ path, label }) {
  if (existsSync(staged(path))) return;
  const source = path.replace(/^(\.\/)?dist\//, 'src/').replace(/(\.d\.ts|\.js)$/, '.ts');
  fail(`package.json names ${path} (${label}), but the build did not write it; is there a ${source}?`);
}

/** Where a path of package.json is before dist is replaced. */
function staged(path) {
  const inDist = path.match(/^(?:\.\/)?dist\/(.*)$/)?.[1];
  return inDist === undefined ? path : join(stage, inDist);
}

function makeExecutable(path) {
  if (!readFileSync(staged(path), 'utf8').startsWith('#!/usr/bin/env node\n')) {
    fail(`package.json names ${path} as a command, but it does not begin with "#!/usr/bin/env node".`);
  }
  chmodSync(staged(path), 0o755);
}

function fail(sentence) {
  process.stderr.write(`build: ${sentence}\n`);
  process.exit(1);
}
