/**
 * The config of the service, tokens, and limits in the config of a run: what is refused, by name, before anything is opened.
 */
import { once } from 'node:events';
import { chmodSync, chownSync, readFileSync, statSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { advisory, CONFIG, cli, folder, jsonl } from './cli.support.js';

const files = folder();
const account = { name: 'paper', broker: 'paper', config: CONFIG, journal: 'memory' };

describe('fillchart serve', () => {
  it('a port that is taken is bad usage, and says what to do', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { stderr, exitCode } = await cli(['serve', '--port', String(port)]);
    other.close();
    expect(stderr).toContain(`--port ${port}: the port is taken by another process; choose another with --port`);
    expect([exitCode, stderr.includes('defect')]).toEqual([2, false]);
  });

  it('the first signal says what is waited for and how to leave; the second leaves, and says what may be left behind', async () => {
    const once = await cli(['serve', '--port', '0'], { interruptAtMs: [10] });
    expect(once.exitCode).toBe(0);
    expect(once.stderr).toMatch(/Waiting up to 45 s for what is live; a second signal ends it at once\./);
    const twice = await cli(['serve', '--port', '0'], { interruptAtMs: [10], presses: 3 });
    expect(twice.exits[0]).toBe(130);
    expect(twice.stderr.match(/ended at once/g)).toHaveLength(1);
    expect(twice.stderr).toContain('Orders may still be live: check them at the broker');
  });
});

describe('fillchart serve --config', () => {
  it.each([
    ['a key that is not known', { accounts: [account], prot: 1 }, 'prot is not known; did you mean "port"?'],
    [
      'one of an account',
      { accounts: [{ ...account, limts: {} }] },
      'accounts[0].limts is not known; did you mean "limits"?',
    ],
    [
      'a limit that is not known',
      { accounts: [{ ...account, limits: { maxNotionl: '1' } }] },
      'did you mean "limits.maxNotional"?',
    ],
    ['an option of its broker', { accounts: [{ ...account, config: { ...CONFIG, qotes: {} } }] }, 'qotes'],
    ['no account', { accounts: [] }, 'accounts is []; accepted is a list of at least one account'],
    ['a broker that is not there', { accounts: [{ ...account, broker: 'papr' }] }, 'there is no broker "papr"'],
    ['another address without tokens', { accounts: [account], host: '0.0.0.0' }, 'there are no tokens'],
    ['tokens that are not there', { accounts: [account], tokens: 'none.json' }, 'fillchart token create'],
    [
      'a secret in the file',
      { accounts: [{ ...account, broker: 'alpaca', config: { secretKey: 'x' } }] },
      'is a secret',
    ],
    [
      'real money without --live',
      { accounts: [{ ...account, broker: 'alpaca', live: true, journal: 'a.db', config: { live: true } }] },
      '--live is not given',
    ],
    [
      'an account on Restate with a broker of its own',
      { accounts: [{ name: 'desk', restate: 'http://127.0.0.1:8080', broker: 'paper' }] },
      'accounts[0].broker is not known',
    ],
    [
      'one on Restate beside another account',
      { accounts: [account, { name: 'desk', restate: 'http://127.0.0.1:8080' }] },
      'accepted is a host for the only account',
    ],
    [
      'a switch service whose token is not there',
      { accounts: [account], killSwitch: { service: { url: 'http://switches.example', tokenEnv: 'NO_SUCH_TOKEN' } } },
      'killSwitch.service.tokenEnv names NO_SUCH_TOKEN',
    ],
    [
      'a second person for switches that are released elsewhere',
      { accounts: [account], killSwitch: { twoPersonRelease: true, service: { url: 'http://switches.example' } } },
      'twoPersonRelease',
    ],
    [
      'a receiver without a key',
      { accounts: [account], webhooks: [{ url: 'http://x.example' }] },
      'webhooks[0].secretEnv',
    ],
  ])('E8: refuses %s by name, with 2', async (_name, config, says) => {
    const { exitCode, stderr } = await cli(['serve', '--config', files.file('fillchart.json', config), '--port', '0']);
    expect(stderr).toContain(says);
    expect(exitCode).toBe(2);
  });
});

describe('fillchart token', () => {
  it('makes a token, shows it once, and keeps its hash alone', async () => {
    const file = files.path('tokens.json');
    const made = await cli(['token', 'create', '--file', file, '--name', 'olga', '--role', 'operator']);
    const token = made.stdout.trim();
    expect(token).toMatch(/^fct_[\w-]{43}$/);
    expect(readFileSync(file, 'utf8')).not.toContain(token);
    expect((await cli(['token', 'list', '--file', file])).stdout).toBe('olga  operator\n');
    expect((await cli(['token', 'create', '--file', file, '--name', 'olga'])).exitCode).toBe(2);
    expect((await cli(['token', 'remove', '--file', file, '--name', 'olga'])).exitCode).toBe(0);
    expect((await cli(['token', 'list', '--file', file])).stdout).toBe('no token\n');
  });

  it('a new file is for its owner alone; one that is there keeps its owner and mode, so that the service can still read it', async () => {
    const file = files.path('kept.json');
    await cli(['token', 'create', '--file', file, '--name', 'olga']);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const isRoot = process.getuid?.() === 0;
    if (isRoot) chownSync(file, 4_711, 4_712);
    chmodSync(file, 0o640);
    const before = statSync(file);
    await cli(['token', 'create', '--file', file, '--name', 'otto']);
    await cli(['token', 'remove', '--file', file, '--name', 'olga']);
    const after = statSync(file);
    expect([after.uid, after.gid, after.mode]).toEqual([before.uid, before.gid, before.mode]);
    expect((await cli(['token', 'list', '--file', file])).stdout).toBe('otto  viewer\n');
  });
});

describe('fillchart run --config', () => {
  it('G1: takes limits beside the options of the broker, and refuses those that are not known', async () => {
    const file = files.file('advisories.jsonl', jsonl(advisory(), advisory({ advisoryId: 'B', positionSize: '5' })));
    const run = (limits: object) =>
      cli(['run', file, '--config', files.file('paper.json', { ...CONFIG, limits }), '--json']);
    const { stdout } = await run({ maxPositionSize: '50' });
    expect(stdout).toContain('LIMIT_EXCEEDED');
    expect(stdout).toContain('"FILLED"');
    const { exitCode, stderr } = await run({ maxPositionSiz: '50' });
    expect(stderr).toContain('did you mean "limits.maxPositionSize"?');
    expect(exitCode).toBe(2);
  });
});
