/**
 * `docs/cli.md` against what the program says of itself: a section for each command, and in it each of its options.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { cli } from './cli.support.js';

const page = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../docs/${name}`, import.meta.url)), 'utf8');
const sections = new Map(
  page('cli.md')
    .split(/^## /m)
    .map((text): readonly [string, string] => [text.slice(0, text.indexOf('\n')), text]),
);

const helpOf = async (...command: readonly string[]): Promise<string> => (await cli([...command, '--help'])).stdout;

/** Names below a heading of a help text. */
const listed = (help: string, heading: string): readonly string[] => {
  const [, block = ''] = help.split(`\n${heading}:\n`);
  const [lines = ''] = block.split('\n\n');
  return [...lines.matchAll(/^ {2}(?:-\w, )?(-{0,2}[a-z-]+)/gm)].map(([, name = '']) => name);
};

const sectionOf = (command: string): string =>
  [...sections].find(([title]) => new RegExp(`^\`fillchart ${command}( |\`)`).test(title))?.[1] ?? '';

describe('docs/cli.md', () => {
  it('has a section for each command, with every option of it, and its exit codes', async () => {
    const commands = listed(await helpOf(), 'Commands').filter((name) => name !== 'help');
    expect(commands.length).toBeGreaterThan(9);
    for (const command of commands) {
      const own = await helpOf(command);
      const inner = listed(own, 'Commands').filter((name) => name !== 'help');
      const helps = [own, ...(await Promise.all(inner.map((name) => helpOf(command, name))))];
      const options = helps.flatMap((help) => listed(help, 'Options')).filter((name) => name !== '--help');
      const section = sectionOf(command);
      for (const name of [...inner, ...options]) expect(section, `${command} ${name}`).toContain(name);
      expect(section, command).toMatch(/exit code|ends with/i);
    }
  });

  it('says that a refusal uses up the id, and that a ctrl-c outlives the process', () => {
    expect(page('cli.md').replaceAll(/\s+/g, ' ')).toMatch(
      /uses up its `advisoryId`\*\*, even when only the market was closed/,
    );
    expect(page('cli.md')).toContain('The switch outlives the process.');
    expect(page('operating.md').replaceAll(/\s+/g, ' ')).toContain(
      'GLOBAL stays ACTIVE in the journal:** it outlives the process',
    );
  });
});

describe('docs/operating.md', () => {
  it('gives commands at three in the morning that the program takes', async () => {
    const [, night = ''] = page('operating.md').split('## Three in the morning');
    const [section = ''] = night.split('\n## ');
    const lines = [...section.matchAll(/^ +fillchart (.*)$/gm)].map(([, words = '']) => words);
    expect(lines.length).toBeGreaterThan(7);
    for (const line of lines) {
      const args = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '');
      const { stderr } = await cli(args.map((word) => (word === 'alpaca.db' ? 'no-such-journal.db' : word)));
      // It gets as far as the journal, which is not there.
      expect(stderr, line).toMatch(/^fillchart: there is no file no-such-journal\.db/);
    }
  });
});
