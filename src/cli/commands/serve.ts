/**
 * `fillchart serve`: accounts behind an HTTP interface, until a signal ends it.
 */
import { type Command, InvalidArgumentError } from 'commander';
import type { Service, ServiceOptions } from '../../service/index.js';
import { EXIT, type ExitCode, UsageError } from '../exit-codes.js';
import { type ServeOptions, serveSettings } from '../serve/settings.js';
import { helpNotes } from '../terminal/help-notes.js';
import type { CliWorld } from '../world.js';
import type { AddCommand } from './command.js';

const NOTES = `
Without a config it serves one paper account, which fills every order at its reference price.
On SIGTERM or ctrl-c nothing new is taken, what is live is waited for up to --drain, and the rest stays in the journals: the
next start goes on with it. A second signal ends the process at once. Keys of brokers are read from the environment alone.
`;

export const addServe: AddCommand = (program, world, done) => {
  describeServe(program.command('serve')).action(async (options: ServeOptions) => done(await serve(options, world)));
};

function describeServe(command: Command): Command {
  return command
    .description('serve one or several accounts over HTTP, with events, metrics and the console')
    .option('--config <file>', 'the service and its accounts as JSON; one paper account without it')
    .option('--host <address>', 'address to listen at (default: 127.0.0.1); any other than loopback needs tokens')
    .option('--port <n>', 'port to listen at (default: 8090); 0 takes a free one', portOf)
    .option('--journal <where>', 'without a config: memory (the default), or an SQLite file')
    .option('--live', 'let accounts trade with REAL MONEY; their config must say "live": true as well')
    .option('--drain <seconds>', 'how long to wait for live executions at the end (default: 45)', secondsOf)
    .option('--base-path <path>', 'path under which a proxy leads here, such as /fillchart')
    .addHelpText('after', helpNotes(NOTES));
}

const GREATEST_PORT = 65_535;
const GREATEST_DRAIN_S = 3_600;
const MS_PER_SECOND = 1_000;

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= GREATEST_PORT) return port;
  throw new InvalidArgumentError(`Accepted is a whole number from 0 to ${GREATEST_PORT}.`);
}

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds >= 0 && seconds <= GREATEST_DRAIN_S) return Math.round(seconds * MS_PER_SECOND);
  throw new InvalidArgumentError(`Accepted is a number of seconds from 0 to ${GREATEST_DRAIN_S}.`);
}

/** Serves until a signal; resolves with the exit code. @throws {UsageError} before anything is opened */
async function serve(options: ServeOptions, world: CliWorld): Promise<ExitCode> {
  const { createService } = await import('../../service/index.js');
  const { service: settings, drainMs, stakes } = await serveSettings(options, world);
  for (const sentence of stakes) world.stderr.write(`fillchart: ${sentence}\n`);
  const service = createService(settings);
  const stopped = stopSignal(service, drainMs, world);
  const address = await listening(service, settings);
  world.stdout.write(`fillchart serves ${settings.accounts.map(({ name }) => name).join(', ')} at ${address}/\n`);
  await service.open();
  for (const problem of service.problems()) world.stderr.write(`fillchart: ${problem}\n`);
  return stopped;
}

async function listening(service: Service, { host, port }: ServiceOptions): Promise<string> {
  try {
    return await service.listen();
  } catch (error) {
    await service.close();
    const meant = LISTEN_ERRORS[error instanceof Error && 'code' in error ? String(error.code) : ''];
    if (meant === undefined) throw error;
    throw new UsageError(`--host ${host ?? '127.0.0.1'}${port === undefined ? '' : ` --port ${port}`}: ${meant}`);
  }
}

const LISTEN_ERRORS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is taken by another process; choose another with --port, or 0 for any that is free.',
  EACCES: 'this user may not listen at the port; choose one above 1023.',
  EADDRNOTAVAIL: 'the address is not one of this machine.',
  ENOTFOUND: 'the name of the host is not known.',
};

const LEFT =
  'ended at once. Orders may still be live: check them at the broker. The next start goes on with what the journals hold.';

/** Resolves when the service has ended after the first signal; the second ends the process. */
function stopSignal(service: Service, drainMs: number, world: CliWorld): Promise<ExitCode> {
  let signals = 0;
  return new Promise((resolve, reject) => {
    const stopListening = world.onInterrupt(() => {
      signals += 1;
      if (signals === 2) world.stderr.write(`fillchart: ${LEFT}\n`);
      if (signals > 1) return world.exit(EXIT.interrupted);
      const patience = `${drainMs / MS_PER_SECOND} s for what is live; a second signal ends it at once`;
      world.stderr.write(`fillchart: going down; nothing new is taken. Waiting up to ${patience}.\n`);
      service.close({ drainMs }).then(() => {
        stopListening();
        resolve(EXIT.ok);
      }, reject);
    });
  });
}
