/**
 * Commands that are printed to be copied: unbroken at any width, quoted for the shell, and called as this program can be
 * called where it was started.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, realpathSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { invocation } from '../../src/cli/program.js';
import { ADVISORY, CONFIG, cli, folder, jsonl } from './cli.support.js';

const here = folder();

/** What a person would copy: from the name of the program to the end of the line. */
const commandsIn = (text: string): readonly string[] => text.match(/fillchart (?:kill-switch|cases) .*$/gm) ?? [];

/** The words as a shell reads them. */
const words = (command: string): readonly string[] =>
  execFileSync('sh', ['-c', `set -- ${command}; printf '%s\\0' "$@"`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1);

describe('a command that is printed', () => {
  it.each([20, 40, 80, 120])('C3: is copied whole from a terminal of %i columns, and works', async (columns) => {
    const name = `a journal's "name" with blanks ${columns}.db`;
    const journal = here.path(name);
    const config = here.file('c.json', { ...CONFIG, scripts: { AAPL: { positionOverride: { size: '50' } } } });
    const file = here.file('a.jsonl', jsonl(ADVISORY));
    const operator = [{ atMs: 0, set: { type: 'MANUAL', target: 'MSFT', state: 'ACTIVE', reason: 'r' } }];
    const both = here.file('d.json', { ...CONFIG, operator, scripts: { AAPL: { positionOverride: { size: '50' } } } });
    const terminal = { columns, rows: 24 };
    const { stdout } = await cli(['run', file, '--config', columns === 20 ? config : both, '--journal', journal], {
      terminal,
      env: { NO_COLOR: '1' },
    });
    const printed = commandsIn(stdout);
    expect(printed.length).toBeGreaterThanOrEqual(columns === 20 ? 1 : 2);
    for (const command of printed) {
      const [program, ...args] = words(command);
      expect(program).toBe('fillchart');
      expect(args).toContain(journal);
      const { exitCode, stderr } = await cli(args);
      // A release is held back while the case is open; the command that it prints then is copied, too.
      for (const next of commandsIn(stderr)) expect((await cli(words(next).slice(1))).exitCode).toBe(0);
      expect([0, 3]).toContain(exitCode);
    }
  });

  it('C3: after a second ctrl-c is on a line of its own, and works', async () => {
    const journal = here.path('with blanks.db');
    const config = here.file('c.json', {
      ...CONFIG,
      scripts: { AAPL: { fills: [], cancel: { confirmAfterMs: 9_000 } } },
    });
    const args = ['run', here.file('a.jsonl', jsonl(ADVISORY)), '--config', config, '--journal', journal];
    const { stdout } = await cli(args, { interruptAtMs: [3_000, 4_000], terminal: { columns: 50, rows: 24 } });
    const [command = ''] = commandsIn(stdout);
    expect(words(command)).toEqual([
      ...['fillchart', 'kill-switch', 'release', '--journal', journal],
      ...['--type', 'GLOBAL', '--by', 'YOU', '--reason', 'WHY'],
    ]);
  });
});

describe('the program', () => {
  /** A package at a place, with its program and a shell's folder beside it. */
  function installed(...path: readonly string[]): { readonly main: string; readonly root: string } {
    const root = realpathSync(dirname(here.path('x')));
    const main = join(root, ...path, 'dist/cli/main.js');
    mkdirSync(dirname(main), { recursive: true });
    here.file(join(...path, 'dist/cli/main.js'), 'process.stdout.write("works")');
    chmodSync(main, 0o755);
    return { main, root };
  }
  const PATH = process.env['PATH'] ?? '';
  const { execPath } = process;
  const works = (program: string, cwd: string, env: NodeJS.ProcessEnv = process.env): void =>
    expect(execFileSync('sh', ['-c', program], { cwd, env, encoding: 'utf8' })).toBe('works');

  it('C3: in a clone is node with the file, from where the shell stands', () => {
    const { main, root } = installed('a clone');
    const started = { main, cwd: join(root, 'a clone'), env: { PATH }, execPath };
    expect(invocation(started).program).toBe('node dist/cli/main.js');
    works(invocation(started).program, started.cwd);
    const beside = invocation({ ...started, cwd: root }).program;
    expect(beside).toBe("node 'a clone/dist/cli/main.js'");
    works(beside, root);
  });

  it('C3: by npm start from another folder names file and journal by their whole paths', () => {
    const { main, root } = installed('clone');
    const env = { PATH, npm_lifecycle_event: 'start', npm_command: 'run-script', INIT_CWD: root };
    const { program, shellPath } = invocation({ main, cwd: join(root, 'clone'), env, execPath });
    works(program, root);
    expect(shellPath('night.db')).toBe(join(root, 'clone', 'night.db'));
    expect(shellPath('/var/night.db')).toBe('/var/night.db');
  });

  it('C3: in a package that has it installed is npx; elsewhere node with the file', () => {
    const { main, root } = installed('app', 'node_modules', 'fillchart');
    const app = join(root, 'app');
    mkdirSync(join(app, 'node_modules/.bin'));
    const link = join(app, 'node_modules/.bin/fillchart');
    symlinkSync('../fillchart/dist/cli/main.js', link);
    mkdirSync(join(app, 'deeper'));
    // npx and npm put the folder of the links in front, for the time of the command only.
    const env = { PATH: `${join(app, 'node_modules/.bin')}:${PATH}` };
    for (const cwd of [app, join(app, 'deeper')])
      expect(invocation({ main: link, cwd, env, execPath }).program).toBe('npx fillchart');
    const elsewhere = invocation({ main: link, cwd: root, env, execPath }).program;
    expect(elsewhere).toBe('node app/node_modules/fillchart/dist/cli/main.js');
    expect(invocation({ main, cwd: '/usr', env, execPath }).program).toBe(`node ${main}`);
  });

  it('C3: on the path is its name alone', () => {
    const { main, root } = installed('lib');
    const bin = join(root, 'bin');
    mkdirSync(bin);
    symlinkSync(main, join(bin, 'fillchart'));
    const env = { PATH: `${bin}:${PATH}` };
    expect(invocation({ main: join(bin, 'fillchart'), cwd: '/usr', env, execPath }).program).toBe('fillchart');
    expect(invocation({ main, cwd: '/usr', env: { PATH }, execPath }).program).toBe(`node ${main}`);
  });

  it('C3: without node on the path is called by the file of node itself', () => {
    const { main } = installed('lib');
    const { program } = invocation({ main, cwd: '/usr', env: {}, execPath });
    expect(program).toBe(`${execPath} ${main}`);
    works(program, '/usr', {});
  });
});
