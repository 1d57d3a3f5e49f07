/**
 * `npm run crash -- [--kills 500] [--seed 1] [--load 200] [--lanes 2] [--negative-control]`: kills engines with SIGKILL
 * at every named point, while they recover, and at random under load, and says what came of it.
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
