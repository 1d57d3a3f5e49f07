/**
 * Every example runs, and prints what its comments promise.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BrokerAdapter, createEngine } from 'fillchart';
import type { ConformanceOptions, Situation } from 'fillchart/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { addConform } from '../src/cli/commands/conform.js';
import { runCommand } from './paths/run-command.js';

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
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fillchart-example-'));
  folders.push(folder);
  return folder;
}

/** Runs an example in an empty folder, with an empty folder for what is temporary; returns what it printed. */
async function printed(name: string): Promise<readonly string[]> {
  const [here, temporary] = [newFolder(), newFolder()];
  vi.stubEnv('TMPDIR', temporary);
  process.chdir(here);
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

/** What `my-broker.js` exports; it is plain JavaScript. */
interface AdapterModule {
  readonly conformance: Partial<ConformanceOptions>;
  readonly makeBroker: (situation: Situation) => BrokerAdapter;
}
const adapterModule = async (): Promise<AdapterModule> => import(`${EXAMPLES}${'my-broker.js'}`);

describe('my-broker.js, the adapter in plain JavaScript', () => {
  it('passes `fillchart conform`; what is skipped, it does not claim', async () => {
    const { code, out } = await runCommand(addConform, 'conform', '--adapter', join(EXAMPLES, 'my-broker.js'));
    expect(out).toContain('my-broker.js: 40 passed, 0 failed, 12 skipped');
    const rough = Array.from({ length: 7 }, (_, n) => `BC-${46 + n}`);
    expect(out.match(/(?<=^– )BC-\d+/gm)).toEqual(['BC-12', 'BC-35', 'BC-36', 'BC-43', 'BC-44', ...rough]);
    expect(code).toBe(0);
  });

  it('trades: twice in a symbol, both protected, and the sweep finds nothing strange', async () => {
    const { makeBroker } = await adapterModule();
    const engine = await createEngine({ broker: makeBroker('fills'), logger: false });
    for (const advisoryId of ['A', 'B']) {
      const result = await engine.execute({
        advisoryId,
        symbol: 'AAPL',
        referencePrice: '149',
        slOffsetPct: '-0.02',
        tpOffsetPct: '0.03',
        positionSize: '10',
        expirationTimestamp: '2099-01-01T00:00:00Z',
      });
      expect([result.status, result.finalSl, result.reconciliationReport?.status]).toEqual([
        'FILLED',
        '147',
        'MATCHED',
      ]);
    }
    expect((await engine.sweep()).cases).toEqual([]);
    await engine.close();
  });
});

describe('the examples', () => {
  it('are all run here', () => {
    const names = readdirSync(EXAMPLES).filter((name) => /\.[jt]s$/.test(name));
    expect(names).toEqual(['custom-broker.ts', 'embed.ts', 'inspect.ts', 'kill-switch.ts', 'my-broker.js', 'watch.ts']);
  });

  it.each(['custom-broker', 'embed', 'inspect', 'kill-switch', 'watch'])('%s prints what it promises', async (name) => {
    const lines = await printed(name);
    expect(promised(name).length).toBeGreaterThan(0);
    expect(lines).toEqual(expect.arrayContaining([...promised(name)]));
    // What stays there would be found by the next run.
    expect(readdirSync(process.cwd())).toEqual([]);
  });

  it('embed is short enough for a README', () => {
    const code = readFileSync(join(EXAMPLES, 'embed.ts'), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('//'));
    expect(code.length).toBeLessThanOrEqual(24);
  });
});
