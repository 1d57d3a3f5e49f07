/**
 * `fillchart broker`: is the broker there, does it know us, and what does it demand?
 *
 * 1. Nothing is placed, changed or cancelled.
 * 2. It ends by its deadline, whatever the broker does.
 */
import { type Command, InvalidArgumentError } from 'commander';
import { BROKERS_HELP, brokerName } from '../brokers/broker-name.js';
import { checkBroker } from '../brokers/check.js';
import { checkJson, checkText } from '../brokers/check-report.js';
import { openBroker } from '../brokers/open-broker.js';
import { EXIT } from '../exit-codes.js';
import { notices } from '../run/notices.js';
import { helpNotes } from '../terminal/help-notes.js';
import { packageVersion } from '../version.js';
import type { CliWorld } from '../world.js';
import type { AddCommand } from './command.js';

interface CheckOptions {
  readonly broker: string;
  readonly config?: string;
  readonly live?: true;
  readonly symbol?: readonly string[];
  readonly timeout: number;
  readonly json?: true;
}

const DEFAULT_SECONDS = 15;
const LONGEST_SECONDS = 60;
const MS_PER_SECOND = 1_000;

export const addBroker: AddCommand = (program, world, done) => {
  const broker = program.command('broker').description('look at a broker; nothing is placed');
  describeCheck(broker.command('check')).action(async (options: CheckOptions) => done(await check(options, world)));
};

function describeCheck(command: Command): Command {
  return command
    .description('connect; print capabilities, clock, rate limit and the rules of symbols; place nothing')
    .requiredOption('--broker <name>', `which: ${BROKERS_HELP}`)
    .option('--config <file>', "the broker's options as JSON, without keys")
    .option('--live', 'the account with REAL MONEY; the config must say "live": true as well')
    .option('--symbol <symbol...>', 'symbols whose rules are asked for')
    .option(
      '--timeout <seconds>',
      `the longest time for all of it, 1 to ${LONGEST_SECONDS}`,
      secondsOf,
      DEFAULT_SECONDS,
    )
    .option('--json', 'as one JSON document')
    .addHelpText('after', helpNotes(NOTES));
}

const NOTES = `
Ends with 0 when the broker is there and knows us and the symbols, with 4 when it cannot be reached, with 5 when it says no.
Keys are read from the environment alone.
`;

function secondsOf(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds >= 1 && seconds <= LONGEST_SECONDS) return seconds;
  throw new InvalidArgumentError(`Accepted is a number from 1 to ${LONGEST_SECONDS}.`);
}

async function check(options: CheckOptions, world: CliWorld): Promise<number> {
  const name = brokerName(options.broker);
  const { config: configPath, live = false, symbol: symbols = [], timeout, json } = options;
  const { clock, env, stdout, stderr } = world;
  const told = notices(stderr);
  const opened = await openBroker(name, {
    configPath,
    live,
    looksOnly: true,
    clock,
    env,
    advisories: [],
    warn: told.tell,
  });
  if (opened.stakes !== undefined) told.tell(opened.stakes);
  const { broker, about } = opened;
  const checked = await checkBroker({ broker, symbols, clock, deadlineMs: timeout * MS_PER_SECOND });
  const head = { fillchart: packageVersion(), broker: broker.name, about, live };
  stdout.write(json === true ? checkJson(head, checked) : checkText(head, checked, world));
  return { ok: EXIT.ok, unreachable: EXIT.unreachable, refused: EXIT.refused }[checked.verdict];
}
