/**
 * `fillchart worker`: one of several processes that run executions on Restate.
 */
import { randomUUID } from 'node:crypto';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { pino } from 'pino';
import type { HostSettings } from '../../restate/settings.js';
import { BROKERS_HELP, brokerName } from '../brokers/broker-name.js';
import { openBroker } from '../brokers/open-broker.js';
import { EXIT, type ExitCode, UsageError } from '../exit-codes.js';
import { archiveFolder } from '../run/archive-folder.js';
import { notices } from '../run/notices.js';
import { helpNotes } from '../terminal/help-notes.js';
import type { CliWorld } from '../world.js';
import type { AddCommand } from './command.js';

interface WorkerCommand {
  readonly restate: string;
  readonly admin?: string;
  readonly advertise?: string;
  readonly port: number;
  readonly host?: string;
  readonly broker: string;
  readonly config?: string;
  readonly archive?: string;
  readonly live?: true;
  readonly submitMode?: HostSettings['submitMode'];
}

const NOTES = `
Restate's server is not part of it; docs/scale-out.md says how one is run, and how several workers stand behind one address.
Bind workers to loopback or to a private network: the protocol between Restate and its workers has no passwords.
`;

const GREATEST_PORT = 65_535;

export const addWorker: AddCommand = (program, world, done) => {
  describeWorker(program.command('worker')).action(async (options: WorkerCommand) => done(await work(options, world)));
};

function describeWorker(command: Command): Command {
  return command
    .description('run executions for Restate, beside other workers, until a signal ends it')
    .requiredOption('--restate <url>', "Restate's ingress, such as http://127.0.0.1:8080")
    .option('--admin <url>', "Restate's admin address; given, the worker registers itself there")
    .option('--advertise <url>', 'address under which Restate reaches the workers, such as that of their proxy')
    .option('--port <n>', 'port to listen at', portOf, 9_081)
    .option('--host <address>', 'address to listen at (default: 127.0.0.1)')
    .requiredOption('--broker <name>', `which: ${BROKERS_HELP}`)
    .option('--config <file>', "the broker's options as JSON, without keys")
    .option('--archive <folder>', 'takes the records of executions that ended 400 days ago, before they go')
    .option('--live', 'the account with REAL MONEY; the config must say "live": true as well')
    .addOption(
      new Option(
        '--submit-mode <mode>',
        'lease, for brokers that refuse a used id, or never (default: what the broker does)',
      ).choices(['lease', 'never']),
    )
    .addHelpText('after', helpNotes(NOTES));
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= GREATEST_PORT) return port;
  throw new InvalidArgumentError(`Accepted is a whole number from 0 to ${GREATEST_PORT}.`);
}

async function work(options: WorkerCommand, world: CliWorld): Promise<ExitCode> {
  const { clock, env, stdout, stderr } = world;
  const { openWorker, registerDeployment } = await library();
  const told = notices(stderr);
  const name = brokerName(options.broker);
  const opened = await openBroker(name, {
    configPath: options.config,
    live: options.live ?? false,
    clock,
    env,
    advisories: [],
    warn: told.tell,
  });
  if (opened.stakes !== undefined) told.tell(opened.stakes);
  const settings = options.submitMode === undefined ? {} : { submitMode: options.submitMode };
  const worker = await openWorker({
    ...{ broker: opened.broker, clock, settings, port: options.port, attemptId: randomUUID },
    ...(options.archive !== undefined && { archive: archiveFolder(options.archive) }),
    ...(opened.limits !== undefined && { limits: opened.limits }),
    ...(options.host !== undefined && { host: options.host }),
    ingressUrl: options.restate,
    logger: pino(pino.destination(process.stderr.fd)),
  });
  stdout.write(`fillchart worker at ${worker.url}, ${opened.about}\n`);
  if (options.admin !== undefined) {
    await registerDeployment(options.admin, options.advertise ?? worker.url);
    stdout.write(`Registered with Restate as ${options.advertise ?? worker.url}\n`);
  }
  return new Promise((resolve, reject) => {
    let signals = 0;
    const stop = world.onInterrupt(() => {
      signals += 1;
      if (signals > 1) return world.exit(EXIT.interrupted);
      stderr.write('fillchart: the worker ends; what it has under way is taken over by another.\n');
      worker.close().then(() => {
        stop();
        resolve(EXIT.ok);
      }, reject);
    });
  });
}

/** @throws {UsageError} when the optional library is not installed */
async function library(): Promise<typeof import('../../restate/index.js')> {
  try {
    return await import('../../restate/index.js');
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new UsageError(
      'fillchart worker needs @restatedev/restate-sdk 1.12.0: npm install @restatedev/restate-sdk@1.12.0',
    );
  }
}
