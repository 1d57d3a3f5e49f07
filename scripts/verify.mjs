/**
 * `npm run verify`: the command `fillchart verify` of this very source, built first.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const { status } = spawnSync(process.execPath, ['scripts/ensure-installed.mjs', '--build'], { stdio: 'inherit' });
if (status === 0) {
  const [{ Command }, { addVerify }, { processWorld }] = await Promise.all([
    import('commander'),
    import('../dist/cli/commands/verify.js'),
    import('../dist/cli/process-world.js'),
  ]);
  const program = new Command('npm run');
  addVerify(program, processWorld(), (exitCode) => {
    process.exitCode = exitCode;
  });
  await program.parseAsync(['verify', ...process.argv.slice(2)], { from: 'user' });
} else {
  process.exitCode = status ?? 1;
}
