/**
 * `fillchart conform`: the conformance kit for people who do not write TypeScript.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { loadProblem } from '../../src/cli/adapter-module.js';
import { addConform } from '../../src/cli/commands/conform.js';
import { UsageError } from '../../src/cli/exit-codes.js';
import { runCommand } from '../paths/run-command.js';

const folder = mkdtempSync(join(tmpdir(), 'fillchart-commands-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('fillchart conform', () => {
  const adapters = pathToFileURL(join(import.meta.dirname, '../../src/adapters/index.ts')).href;
  const clocks = pathToFileURL(join(import.meta.dirname, '../../src/testing/index.ts')).href;

  function adapterFile(name: string, change: string, situations = "['fills']"): string {
    const file = join(folder, `${name}.mjs`);
    writeFileSync(
      file,
      `import { paperBroker } from '${adapters}';
import { virtualClock } from '${clocks}';
export const conformance = { symbol: 'AAPL', situations: ${situations}, boundMs: 400 };
export function makeBroker() {
  const clock = virtualClock();
  const broker = paperBroker({ clock, instruments: [{ symbol: 'AAPL', tickSize: '0.01', lotSize: '1' }], quotes: { AAPL: '150' } });
  return { broker: { ...broker, ${change} }, wait: (ms) => clock.advance(ms) };
}
`,
    );
    return file;
  }

  it('passes an adapter that keeps its promises, with exit code 0', async () => {
    const { code, out } = await runCommand(addConform, 'conform', '--adapter', adapterFile('good', ''));
    expect(out).toContain('✓ BC-01 submits once per clientOrderId');
    expect(out).toContain("makeBroker cannot make the situation 'rests'");
    expect(out).toMatch(/good\.mjs: \d+ passed, 0 failed, \d+ skipped/);
    expect(code).toBe(0);
  });

  it('fails one that does not, with exit code 3, and writes JUnit XML', async () => {
    const file = adapterFile('bad', "instrument: async (symbol) => ({ symbol, tickSize: '0.01', lotSize: '1' })");
    const output = join(folder, 'report.xml');
    const { code, err } = await runCommand(
      addConform,
      'conform',
      '--adapter',
      file,
      '--format',
      'junit',
      '--output',
      output,
    );
    expect(err).toContain('1 failed');
    const xml = readFileSync(output, 'utf8');
    expect(xml).toContain('<failure message="instrument(NO-SUCH-SYMBOL) says');
    expect(Number(/<testsuites [^>]*time="([\d.]+)"/.exec(xml)?.[1])).toBeGreaterThan(0);
    expect(code).toBe(3);
  });

  it('does not call an adapter good that was hardly tried: fewer than half of the cases are exit code 3', async () => {
    const { code, out } = await runCommand(addConform, 'conform', '--adapter', adapterFile('shy', '', '[]'));
    expect(out).toMatch(/shy\.mjs: \d+ passed, 0 failed, \d+ skipped\nNOT SHOWN: \d+ of \d+ cases\n/);
    expect(out).toMatch(/^ +\d+ {2}makeBroker cannot make the situation 'fills' \(BC-01 BC-02 /m);
    expect(out).toMatch(/NOTHING IS PROVED: \d+ of \d+ cases ran, fewer than half\n$/);
    expect(code).toBe(3);
    const json = await runCommand(
      addConform,
      ...['conform', '--format', 'json', '--adapter', adapterFile('shy-json', '', '[]')],
    );
    expect(JSON.parse(json.out)).toMatchObject({ isProof: false, failed: 0 });
    expect(json.err).toContain('NOTHING IS PROVED');
  });

  it('names what is wrong with the command line', async () => {
    const missing = runCommand(addConform, 'conform', '--adapter', join(folder, 'none.js'));
    await expect(missing).rejects.toThrow(UsageError);
    const other = runCommand(addConform, 'conform', '--adapter', adapterFile('other', ''), '--export', 'make');
    await expect(other).rejects.toThrow('exports no function make; it exports');
  });

  it('asks for a symbol, and says where it may stand', async () => {
    const file = join(folder, 'symbolless.mjs');
    writeFileSync(file, 'export const makeBroker = () => ({});\n');
    const made = runCommand(addConform, 'conform', '--adapter', file);
    await expect(made).rejects.toThrow(
      "symbolless.mjs names no symbol to trade. Give --symbol, or write in it: export const conformance = { symbol: 'AAPL' };",
    );
  });

  it('says of a .ts file that JavaScript is wanted, where Node does not run it', () => {
    const refused = (code: string, message: string) => loadProblem(Object.assign(new TypeError(message), { code }));
    for (const code of ['ERR_UNKNOWN_FILE_EXTENSION', 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING'])
      expect(refused(code, 'Unknown file extension ".ts" for mine.ts')).toMatch(/runs plain JavaScript only/);
    const other = 'Unknown file extension ".txt" for mine.txt';
    expect(refused('ERR_UNKNOWN_FILE_EXTENSION', other)).toBe(other);
    expect(loadProblem(new Error('no such module'))).toBe('no such module');
    for (const said of ["Unexpected token 'export'", 'Cannot use import statement outside a module'])
      expect(loadProblem(new SyntaxError(said))).toMatch(/Name it \.mjs, or set "type": "module"/);
  });
});
