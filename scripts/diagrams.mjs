/**
 * `npm run diagrams` and `npm run diagrams:check`: the command `fillchart diagrams` of this very source, built first.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const { status } = spawnSync(process.execPath, ['scripts/ensure-installed.mjs', '--build'], { stdio: 'inherit' });
if (status === 0) {
  const [{ Command }, { addDiagrams }, { processWorld }] = await Promise.all([
    import('commander'),
    import('../dist/cli/commands/diagrams.js'),
    import('../dist/cli/process-world.js'),
  ]);
  const program = new Command('npm run');
  addDiagrams(program, processWorld(), (exitCode) => {
    process.exitCode = exitCode;
  });
  await program.parseAsync(['diagrams', ...process.argv.slice(2)], { from: 'user' });
} else {
  process.exitCode = status ?? 1;
}
