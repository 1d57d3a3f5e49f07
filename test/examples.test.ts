/**
 * Every example runs, and prints what its comments promise.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';

// The engine's own log goes to the file descriptor of standard error; here it would only be noise.
vi.mock('pino', () => {
  const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  return { pino: Object.assign(() => silent, { destination: () => undefined }), destination: () => undefined };
});

const EXAMPLES = fileURLToPath(new URL('../examples/', import.meta.url));
const home = process.cwd();
const folders: string[] = [];

afterEach(() => {
  process.chdir(home);
  vi.restoreAllMocks();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Runs an example in an empty folder; returns what it printed. */
async function printed(name: string): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'fillchart-example-'));
  folders.push(folder);
  process.chdir(folder);
  const lines: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((...words: unknown[]) => void lines.push(words.join(' ')));
  await import(`../examples/${name}.ts`);
  return lines;
}

/** `console.log(…); // this` promises a line `this`. */
const promised = (name: string): readonly string[] =>
  readFileSync(join(EXAMPLES, `${name}.ts`), 'utf8')
    .split('\n')
    .flatMap((line) => /console\.log\(.*\); \/\/ (.*)$/.exec(line)?.[1] ?? []);

describe('the examples', () => {
  it('are all run here', () => {
    const names = readdirSync(EXAMPLES).filter((name) => name.endsWith('.ts'));
    expect(names).toEqual(['custom-broker.ts', 'embed.ts', 'kill-switch.ts', 'watch.ts']);
  });

  it.each(['custom-broker', 'embed', 'kill-switch', 'watch'])('%s prints what it promises', async (name) => {
    const lines = await printed(name);
    expect(promised(name).length).toBeGreaterThan(0);
    expect(lines).toEqual(expect.arrayContaining([...promised(name)]));
  });

  it('embed is short enough for a README', () => {
    const code = readFileSync(join(EXAMPLES, 'embed.ts'), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('//'));
    expect(code.length).toBeLessThanOrEqual(24);
  });
});
