/**
 * `schemas/`: written from the checks that the command line reads with (`npx vitest run test/cli/schemas.test.ts -u`), and
 * true of the samples and of the documents.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { schemas } from '../../src/cli/schemas.js';
import { readSnapshot } from '../../src/domain/snapshot.js';
import { advisory, cli, folder } from './cli.support.js';

const here = folder();
const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const all = schemas();
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
const validate = (name: string, value: unknown): unknown => {
  const schema = all[`${name}.schema.json`];
  if (schema === undefined) throw new Error(`there is no schema ${name}`);
  return ajv.validate(schema, value) ? 'valid' : ajv.errors;
};

describe('the schemas', () => {
  it.each(Object.entries(all))('%s is the one in schemas/', async (name, schema) => {
    await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot(`../../schemas/${name}`);
  });

  it.each([
    { file: 'examples/paper.json', name: 'paper' },
    { file: 'examples/alpaca.json', name: 'alpaca' },
    { file: 'examples/fix.json', name: 'fix' },
    { file: 'deploy/fillchart.example.json', name: 'service' },
  ])('$file is valid', ({ file, name }) => {
    expect(validate(name, JSON.parse(read(file)))).toBe('valid');
  });

  it('the sample advisories are valid exactly when the command line can read them', () => {
    for (const line of read('examples/advisories.jsonl').trim().split('\n')) {
      const value: unknown = JSON.parse(line);
      expect(validate('advisory', value) === 'valid', line).toBe(readSnapshot(value).problems.length === 0);
    }
  });

  it('R1.3: null is what is absent in any field that may be, but in side: of nothing decided no purchase comes', () => {
    const sample = { ...(JSON.parse(read('examples/advisories.jsonl').split('\n')[0] ?? '{}') as object) };
    for (const field of ['side', 'createdAt', 'htfBias', 'reasoningMode', 'reasoningContext']) {
      const value = { ...sample, [field]: null };
      expect(readSnapshot(value).problems.length === 0, field).toBe(field !== 'side');
      expect(validate('advisory', value) === 'valid', field).toBe(field !== 'side');
    }
    expect(readSnapshot({ ...sample, side: null }).problems).toMatchObject([
      { code: 'INVALID_SIDE', message: 'side is null; accepted is "buy" or "sell"; a buy when it is left out.' },
    ]);
  });

  it('every advisory that a document shows in JSON is valid', () => {
    const pages = [
      'README.md',
      ...readdirSync(new URL('docs', root))
        .filter((name) => name.endsWith('.md'))
        .map((name) => `docs/${name}`),
    ];
    const shown = pages.flatMap((page) =>
      [...read(page).matchAll(/```json\n(.*?)```/gs)].flatMap(([, text = '']) => {
        try {
          const value: unknown = JSON.parse(text);
          return typeof value === 'object' && value !== null && 'referencePrice' in value ? [{ page, value }] : [];
        } catch {
          return [];
        }
      }),
    );
    for (const { page, value } of shown) expect(validate('advisory', value), page).toBe('valid');
  });

  it('every config of the service that a document shows is valid', () => {
    const blocks = ['docs/service.md', 'docs/scale-out.md', 'docs/cli.md'].flatMap((page) =>
      [...read(page).matchAll(/```json\n(.*?)```/gs)].flatMap(([, text = '']) =>
        /^\{[\s\S]*"accounts"\s*:/.test(text) ? [{ page, value: JSON.parse(text) as unknown }] : [],
      ),
    );
    expect(blocks.length).toBeGreaterThan(0);
    for (const { page, value } of blocks) expect(validate('service', value), page).toBe('valid');
  });

  it('E8: of the service: the schema and the command line refuse the same names', async () => {
    const account = { name: 'a', broker: 'paper', journal: 'memory' };
    const wrong = [
      {
        config: { accounts: [account], drain_seconds: 5 },
        says: 'drain_seconds is not known; did you mean "drainSeconds"?',
      },
      { config: { accounts: [{ ...account, max_concurrent: 5 }] }, says: 'did you mean "maxConcurrent"?' },
      {
        config: { accounts: [account], killSwitch: { twoPersonsRelease: true } },
        says: 'did you mean "twoPersonRelease"?',
      },
      { config: { accounts: [account], events: { heartBeatMs: 1 } }, says: 'did you mean "heartbeatMs"?' },
      {
        config: { accounts: [account], webhooks: [{ url: 'https://x.example', secret_env: 'X' }] },
        says: 'did you mean "secretEnv"?',
      },
    ];
    expect(validate('service', { $schema: 'service.schema.json', accounts: [account] })).toBe('valid');
    for (const { config, says } of wrong) {
      expect(validate('service', config)).not.toBe('valid');
      const { exitCode, stderr } = await cli(['serve', '--config', here.file('service.json', config)]);
      expect(stderr).toContain(says);
      expect(exitCode).toBe(2);
    }
  });

  it('a config may name its schema, for editors', async () => {
    const config = { $schema: '../schemas/paper.schema.json', ...JSON.parse(read('examples/paper.json')) };
    expect(validate('paper', config)).toBe('valid');
    const file = here.file('p.json', { $schema: 'paper.schema.json', instruments: [] });
    const { stderr } = await cli(['run', here.file('a.json', advisory({})), '--config', file]);
    expect(stderr).not.toContain('$schema');
  });

  it('refuses what the command line refuses: an unknown option, a number for a decimal', () => {
    const paper = { instruments: [{ symbol: 'A', tickSize: '0.01', lotSize: '1' }] };
    expect(validate('paper', paper)).toBe('valid');
    expect(validate('paper', { ...paper, latencyMS: 5 })).not.toBe('valid');
    expect(validate('paper', { ...paper, buyingPower: 5 })).not.toBe('valid');
    expect(validate('fix', {})).not.toBe('valid');
    expect(validate('alpaca', { live: 'yes' })).not.toBe('valid');
    expect(validate('advisory', { ...advisory({}), sl_offset_pct: '-0.02' })).not.toBe('valid');
  });
});

describe('names written otherwise', () => {
  it.each([
    ['sl_offset_pct', 'slOffsetPct'],
    ['advisory_id', 'advisoryId'],
    ['reference-price', 'referencePrice'],
    ['tpOfsetPct', 'tpOffsetPct'],
  ])('R1.3: %s of an advisory: did you mean %s?', async (given, meant) => {
    const { [meant]: value, ...rest } = advisory({}) as Record<string, unknown>;
    const { exitCode, stderr } = await cli(['run', here.file('a.json', { ...rest, [given]: value })]);
    expect(stderr).toContain(`"${given}" is no field of an advisory; did you mean "${meant}"?`);
    expect(exitCode).toBe(2);
  });

  it('E8: poll_ms of a config: did you mean pollMs?', async () => {
    const config = here.file('c.json', { poll_ms: 500 });
    const { exitCode, stderr } = await cli([
      'run',
      here.file('a.json', advisory({})),
      '--broker',
      'alpaca',
      '--config',
      config,
    ]);
    expect(stderr).toContain('c.json: poll_ms is not known; did you mean "pollMs"?');
    expect(exitCode).toBe(2);
  });
});
