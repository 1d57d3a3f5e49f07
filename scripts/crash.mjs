/**
 * `npm run crash -- [--kills 500] [--seed 1] [--load 200] [--lanes 2] [--negative-control]`: kills engines with SIGKILL
 * at every named point, while they recover, and at random under load, and says what came of it.
 *
 * `npm run crash -- [--stop] [--disk-full] [--read-only] [--delete-journal] [--runs 50] [--real-time 6] [--only n] [--seed 1]`: so many
 * runs each of engines that are stopped and continued, and that come back to a disk that is full or read-only, or to a
 * journal that is deleted. `--real-time` of the stopped ones live in real time. `--mutation <name>`: a spoilt engine.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const file = join(root, '.tmp', `crash-main-${process.pid}.mjs`);
mkdirSync(join(root, '.tmp'), { recursive: true });
process.once('exit', () => rmSync(file, { force: true }));
const bundle = await rolldown({
  input: join(root, 'test/crash/main.ts'),
  platform: 'node',
  external: ['better-sqlite3', 'rolldown'],
  resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
  logLevel: 'silent',
});
await bundle.write({ file, format: 'esm' });
const { crash } = await import(pathToFileURL(file).href);
process.exitCode = await crash(root, process.argv.slice(2));
