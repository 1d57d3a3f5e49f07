/**
 * The commands that the pages show: the command line takes each of them, and each request of `curl` fits a route.
 *
 * 1. A command is parsed by the command line itself, with its arguments, options and their choices; it is not carried out.
 * 2. A request is judged by the table of routes: method, path, query and body.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { Value } from '@sinclair/typebox/value';
import type { Command } from 'commander';
import { routes } from 'fillchart/service';
import { describe, expect, it } from 'vitest';
import { commandLine } from '../src/cli/cli.js';
import type { CliWorld } from '../src/cli/world.js';

const root = new URL('../', import.meta.url);
const PAGES = ['README.md', ...readdirSync(new URL('docs', root)).map((name) => `docs/${name}`)].filter((path) =>
  path.endsWith('.md'),
);

/** The commands of a page, as a shell would take them: `\` and an open quote continue a line. */
function commandsIn(page: string): readonly string[] {
  const text = readFileSync(new URL(page, root), 'utf8');
  const blocks = [...text.matchAll(/^ *```sh\n(.*?)^ *```/gms)].map(([, block = '']) => block);
  return blocks.flatMap((block) => {
    const commands: string[] = [];
    let open = '';
    for (const line of block.replaceAll(/ *\\\n */g, ' ').split('\n')) {
      open = open === '' ? line.trim() : `${open}\n${line}`;
      if (isQuoteOpen(open)) continue;
      commands.push(open);
      open = '';
    }
    return commands.filter((command) => command !== '');
  });
}

const isQuoteOpen = (text: string): boolean =>
  [...text.replace(/\s#.*$/, '').replaceAll(/"[^"]*"|'[^']*'/gs, '')].some((sign) => sign === '"' || sign === "'");

/** The words as a shell reads them, its comments left out. */
const wordsOf = (command: string): readonly string[] =>
  execFileSync('sh', ['-c', `set -- ${command}\nprintf '%s\\0' "$@"`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1);

const shown = PAGES.flatMap((page) => commandsIn(page).map((command) => ({ page, command })));
const ofProgram = shown.filter(({ command }) => /^(?:npx )?fillchart /.test(command));
const ofHttp = shown.filter(({ command }) => command.startsWith('curl ') && !command.includes(':9070'));

const nowhere = { write: () => true } as unknown as CliWorld['stdout'];
const world = { stdout: nowhere, stderr: nowhere, env: { NO_COLOR: '1' } } as unknown as CliWorld;

/** What the command line says against the words; `taken` when nothing. */
async function verdict(words: readonly string[]): Promise<string> {
  const program = commandLine(world, () => undefined);
  const muted = (command: Command): void => {
    command.exitOverride().action(() => undefined);
    command.commands.forEach(muted);
  };
  program.commands.forEach(muted);
  try {
    await program.parseAsync(words, { from: 'user' });
    return 'taken';
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string };
    return code === 'commander.version' ? 'taken' : message;
  }
}

describe('a command that a page shows', () => {
  it.each(ofProgram)('$page: $command', async ({ command }) => {
    const words = wordsOf(command);
    expect(await verdict(words.slice(words.indexOf('fillchart') + 1))).toBe('taken');
  });

  it('is refused when it is misspelt', async () => {
    expect(ofProgram.length).toBeGreaterThan(40);
    expect(await verdict(['run', 'a.jsonl', '--dryrun'])).toContain("unknown option '--dryrun'");
    expect(await verdict(['kill-switch', 'list'])).toContain('--journal');
    expect(await verdict(['audit', 'export', 'a.db', '--format', 'xml'])).toContain('xml');
    expect(await verdict(['kill-switch', 'sett'])).not.toBe('taken');
  });
});

/** What the table of routes says against a request; `taken` when nothing. */
function judged(words: readonly string[]): string {
  const address = words.find((word, index) => index > 0 && /^localhost|^https?:/.test(word)) ?? '';
  const url = new URL(address.startsWith('http') ? address : `http://${address}`);
  const body = words[words.indexOf('-d') + 1];
  const hasBody = words.includes('-d') && body !== undefined;
  const method = words.includes('-X') ? words[words.indexOf('-X') + 1] : hasBody ? 'POST' : 'GET';
  const candidates = Object.values(routes)
    .filter((route) => route.method === method && pathPattern(route.path).test(url.pathname))
    .sort((one, other) => one.path.split(':').length - other.path.split(':').length);
  const [route] = candidates;
  if (route === undefined) return `there is no ${method} ${url.pathname}`;
  const query = Object.fromEntries([...url.searchParams].map(([name, value]) => [name, value]));
  const unknown = Object.keys(query).find((name) => !('query' in route && name in route.query.properties));
  if (unknown !== undefined) return `${route.path} has no ${unknown}`;
  if (!hasBody || body.startsWith('@')) return 'taken';
  if (!('body' in route)) return `${route.path} takes no body`;
  const [problem] = Value.Errors(route.body, JSON.parse(body));
  return problem === undefined ? 'taken' : `${problem.path} ${problem.message}`;
}

const pathPattern = (path: string): RegExp => new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`);

describe('a request that a page shows', () => {
  it.each(ofHttp)('$page: $command', ({ command }) => {
    expect(judged(wordsOf(command))).toBe('taken');
  });

  it('is refused when no route is for it', () => {
    expect(ofHttp.length).toBeGreaterThan(20);
    expect(judged(['curl', 'localhost:8090/v1/case'])).toBe('there is no GET /v1/case');
    expect(judged(['curl', 'localhost:8090/v1/cases?opened=all'])).toBe('/v1/cases has no opened');
    expect(judged(['curl', '-X', 'POST', 'localhost:8090/v1/kill-switches', '-d', '{"typ":"GLOBAL"}'])).not.toBe(
      'taken',
    );
  });
});
