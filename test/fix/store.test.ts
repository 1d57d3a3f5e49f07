/** What outlives the process: locked to one, and never taken for something else than it is. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FixBrokerOptions, fixBroker } from 'fillchart/fix';
import { describe, expect, it, onTestFinished } from 'vitest';
import { brokerOn, order, setting, soon } from './fix.support.js';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'fillchart-fix-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const options = (storeFolder: string): FixBrokerOptions => ({
  host: '127.0.0.1',
  port: 1,
  senderCompId: 'US',
  targetCompId: 'VENUE',
  storeFolder,
  instruments: [],
});

const SESSION = 'FIX.4.4-US-VENUE';
const locksIn = (path: string) => readdirSync(path).filter((name) => name.includes('.lock-'));

/** A process that is alive until the test ends, or until it is awaited. */
function otherProcess(): { readonly pid: number; gone(): Promise<void> } {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
  const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const gone = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exit;
  };
  onTestFinished(gone);
  return { pid: child.pid ?? 0, gone };
}

function lockOf(storeFolder: string, pid: number, more: object = {}): string {
  const path = join(storeFolder, `${SESSION}.lock-${pid}-x`);
  writeFileSync(path, JSON.stringify({ pid, host: hostname(), since: '2026-01-02T03:04:05.000Z', ...more }));
  return path;
}

describe('FIX store lock', () => {
  it('the second broker on a folder is refused, by folder and process; after close the folder is free', async () => {
    const store = folder();
    const first = fixBroker(options(store));
    expect(() => fixBroker(options(store))).toThrow(
      `FIX: the session ${SESSION} in ${store} is in use by this very process (${process.pid}) since `,
    );
    await first.close?.();
    expect(locksIn(store)).toEqual([]);
    await fixBroker(options(store)).close?.();
  });

  it('another session has the folder beside it', async () => {
    const store = folder();
    const both = [options(store), { ...options(store), senderCompId: 'US2' }].map(fixBroker);
    expect(locksIn(store)).toHaveLength(2);
    for (const broker of both) await broker.close?.();
  });

  it('a living process keeps others out; the lock of one that was killed is taken over', async () => {
    const store = folder();
    const other = otherProcess();
    const lock = lockOf(store, other.pid);
    expect(() => fixBroker(options(store))).toThrow(`is in use by process ${other.pid} since 2026-01-02`);
    expect(locksIn(store)).toHaveLength(1);
    await other.gone();
    const broker = fixBroker(options(store));
    expect(existsSync(lock)).toBe(false);
    await broker.close?.();
  });

  it.runIf(existsSync('/proc/self/stat'))(
    'a later process with the number of the one that is gone does not hold its lock',
    async () => {
      const store = folder();
      lockOf(store, otherProcess().pid, { began: '1' });
      lockOf(store, process.pid, { began: '1' });
      await fixBroker(options(store)).close?.();
      expect(locksIn(store)).toEqual([]);
    },
  );

  it.each([
    ['of another machine', JSON.stringify({ pid: 1, host: 'elsewhere', since: 'then' }), 'process 1 on elsewhere'],
    ['that cannot be read', 'x', 'by whom cannot be read'],
  ])('a lock %s counts until it is deleted; the error says which file', (_, text, says) => {
    const store = folder();
    const path = join(store, `${SESSION}.lock-1-x`);
    writeFileSync(path, text);
    expect(() => fixBroker(options(store))).toThrow(says);
    expect(() => fixBroker(options(store))).toThrow(`delete ${path}`);
    expect(locksIn(store)).toEqual([`${SESSION}.lock-1-x`]);
  });

  it('without a folder, too, a session has one process: the second does not log on, and the first trades on', async () => {
    const { acceptor, broker } = await setting();
    acceptor.script = (message) => acceptor.accept(message);
    await broker.connect?.(soon());
    const second = brokerOn(acceptor.port, { peek: true });
    await expect(second.broker.connect?.(soon())).rejects.toThrow(/in use by this very process/);
    await expect(second.broker.connect?.(soon())).rejects.toMatchObject({ code: 'INVALID_OPTION' });
    expect(await second.broker.submitOrder(order(), soon())).toMatchObject({ kind: 'not_sent' });
    expect(await broker.submitOrder(order(), soon())).toMatchObject({ kind: 'accepted' });
    expect(acceptor.of('A')).toHaveLength(1);
    await broker.close?.();
    await second.broker.connect?.(soon());
    expect(acceptor.of('A')).toHaveLength(2);
  });
});

describe('FIX store files', () => {
  const write = (store: string, ending: string, text: string) =>
    writeFileSync(join(store, `${SESSION}.${ending}`), text);
  const ORDER = { clientOrderId: 'fc-1', symbol: 'AAPL', side: 'buy', quantity: '100' };
  const kept = (store: string) => readFileSync(join(store, `${SESSION}.orders`), 'utf8');

  it.each([
    ['words', 'no numbers'],
    ['nothing', ''],
    ['one number', '12 : '],
    ['a number below one', '0 : 1'],
    ['half a line', '                   4'],
  ])('sequence numbers that are %s are an error, not a beginning anew', async (_, text) => {
    const store = folder();
    write(store, 'seqnums', text);
    expect(() => fixBroker(options(store))).toThrow(/seqnums holds no sequence numbers\. .*resetOnLogon/);
    expect(locksIn(store)).toEqual([]);
    expect(readFileSync(join(store, `${SESSION}.seqnums`), 'utf8')).toBe(text);
    await fixBroker({ ...options(store), resetOnLogon: true }).close?.();
  });

  it('sequence numbers that are missing beside orders are an error', () => {
    const store = folder();
    write(store, 'orders', `${JSON.stringify(ORDER)}\n`);
    expect(() => fixBroker(options(store))).toThrow(/seqnums is missing, and orders were sent before/);
  });

  it.each([
    ['no JSON', '{"clientOrd'],
    ['no order', '{"quantity":"1"}'],
    ['no object', '7'],
  ])('S1 a line of the orders that is %s is an error that names it: the order might be sent again', (_, line) => {
    const store = folder();
    write(store, 'seqnums', '1 : 1\n');
    write(store, 'orders', `${JSON.stringify(ORDER)}\n${line}\n`);
    expect(() => fixBroker(options(store))).toThrow(/line 2 of .*\.orders is damaged/);
  });

  it('S1 a last line that was cut off was not sent: it is taken away, and what follows stays readable', async () => {
    const store = folder();
    const { acceptor, broker } = await setting({ storeFolder: store });
    acceptor.script = (message) => acceptor.accept(message);
    await broker.connect?.(soon());
    await broker.submitOrder(order(), soon());
    await broker.close?.();
    write(store, 'orders', `${kept(store)}{"clientOrderId":"fc-2","sym`);
    const second = brokerOn(acceptor.port, { storeFolder: store });
    await second.broker.connect?.(soon());
    expect(await second.broker.submitOrder(order('fc-3'), soon())).toMatchObject({ kind: 'accepted' });
    await second.broker.close?.();
    const third = brokerOn(acceptor.port, { storeFolder: store });
    await third.broker.connect?.(soon());
    for (const id of ['fc-1', 'fc-3']) {
      expect(await third.broker.submitOrder(order(id), soon())).toEqual({ kind: 'duplicate' });
    }
    expect(acceptor.of('D').map((sent) => sent.tag(11))).toEqual(['fc-1', 'fc-3']);
  });

  it('S1 a long file is shortened at the next start, and its last orders stay known', async () => {
    const store = folder();
    write(store, 'seqnums', '7 : 7\n');
    const lines = Array.from({ length: 40_001 }, (_, index) =>
      JSON.stringify({ ...ORDER, clientOrderId: `a-${index}` }),
    );
    write(store, 'orders', `${lines.join('\n')}\n${JSON.stringify({ ended: 'a-40000', state: 'filled' })}\n`);
    const broker = fixBroker(options(store));
    expect(await broker.submitOrder({ ...order('a-40000'), quantity: '100' }, soon())).toMatchObject({
      kind: 'rejected',
    });
    await broker.close?.();
    expect(kept(store).split('\n')).toHaveLength(20_002);
    expect(kept(store)).toContain('"ended":"a-40000"');
  });
});
