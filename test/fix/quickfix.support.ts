/**
 * QuickFIX programs as counterparties.
 *
 * 1. They listen on every interface, so they run in a private network namespace only (`FILLCHART_FIX_ISOLATED`).
 * 2. Each has a folder and a port of its own, and ends with the test.
 * 3. What the acceptor has seen is counted when it has ended: its output is whole then, whenever it is read.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const project = fileURLToPath(new URL('../../', import.meta.url));
const folder = join(project, '.tmp/quickfix');

type Program = 'acceptor' | 'ordermatch' | 'executor';

export const isIsolated = process.env['FILLCHART_FIX_ISOLATED'] === '1';
export const isBuilt = ['acceptor', 'ordermatch', 'executor'].every((name) => existsSync(join(folder, name)));

interface QuickFix {
  readonly port: number;
  /** Ends the acceptor; how many NewOrderSingles of each id it has seen. */
  orders(): Promise<ReadonlyMap<string, number>>;
}

/** @param others besides US, the CompIDs of those who may log on */
export async function quickFix(
  program: Program,
  version: 'FIX.4.2' | 'FIX.4.4',
  others: readonly string[] = [],
): Promise<QuickFix> {
  const port = await freePort();
  const home = mkdtempSync(join(tmpdir(), 'fillchart-quickfix-'));
  const config = join(home, 'acceptor.cfg');
  const dictionary = join(project, 'node_modules/jspurefix/data', `${version.replaceAll('.', '')}.xml`);
  writeFileSync(
    config,
    [
      '[DEFAULT]',
      'ConnectionType=acceptor',
      `SocketAcceptPort=${port}`,
      'SocketReuseAddress=Y',
      'StartTime=00:00:00',
      'EndTime=00:00:00',
      `FileStorePath=${home}`,
      'UseDataDictionary=Y',
      `DataDictionary=${dictionary}`,
      ...['US', ...others].flatMap((name) => [
        '[SESSION]',
        `BeginString=${version}`,
        'SenderCompID=VENUE',
        `TargetCompID=${name}`,
      ]),
      '',
    ].join('\n'),
  );
  const libraries = join(folder, 'root/usr/lib');
  const LD_LIBRARY_PATH = readdirSync(libraries)
    .map((name) => join(libraries, name))
    .join(':');
  const child = spawn(join(folder, program), [config], { cwd: home, env: { ...process.env, LD_LIBRARY_PATH } });
  const lines: string[] = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  child.stderr.resume();
  const isRead = new Promise<void>((resolve) => child.once('close', () => resolve()));
  onTestFinished(() => ended(child));
  await listening(port, child);
  return {
    port,
    async orders() {
      child.stdin.end();
      await isRead;
      const counted = new Map<string, number>();
      for (const line of lines.filter((one) => one.startsWith('D '))) {
        counted.set(line.slice(2), (counted.get(line.slice(2)) ?? 0) + 1);
      }
      return counted;
    },
  };
}

/** ordermatch reads its standard input in a loop: it is kept open, and the program is ended by a signal. */
async function ended(child: ChildProcessWithoutNullStreams): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exit;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listening(port: number, child: ChildProcessWithoutNullStreams): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`QuickFIX ended with ${child.exitCode}`);
    const isUp = await new Promise<boolean>((resolve) => {
      const socket = createConnection({ host: '127.0.0.1', port }, () => resolve(true));
      socket.on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    if (isUp) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
