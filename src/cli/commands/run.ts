/**
 * `fillchart run`: executes every advisory of a file, side by side, and says what became of each.
 */
import { type Command, InvalidArgumentError } from 'commander';
import type { Clock } from '../../domain/ports.js';
import type { Engine } from '../../engine/engine.js';
import { createEngine } from '../../index.js';
import { BROKERS_HELP, type BrokerName, brokerName, isSimulated } from '../brokers/broker-name.js';
import { openBroker } from '../brokers/open-broker.js';
import type { OpenedBroker } from '../brokers/opened-broker.js';
import { EXIT, UsageError } from '../exit-codes.js';
import { openAuditLog } from '../run/audit-log.js';
import { heading } from '../run/heading.js';
import { type Interrupts, stopOnInterrupt } from '../run/interrupt.js';
import { type OpenedJournal, openJournal } from '../run/journals.js';
import { liveView } from '../run/live-view.js';
import { type Notices, notices } from '../run/notices.js';
import { scriptedOperator } from '../run/operator.js';
import { outcomeOf, type RunOutcome } from '../run/outcome.js';
import { plainView } from '../run/plain-view.js';
import { type AdvisoryFile, readAdvisories, sentenceOf } from '../run/read-advisories.js';
import { recordedBefore } from '../run/recorded.js';
import { printReport } from '../run/report.js';
import { reportJson } from '../run/report-json.js';
import { scaledClock } from '../run/scaled-clock.js';
import { nameOfSource, readSource } from '../run/source.js';
import { releasableIn, type Standing, standing } from '../run/standing.js';
import { type Tracked, track } from '../run/tracked.js';
import { type RunView, silentView } from '../run/view.js';
import { printable } from '../terminal/text-width.js';
import { packageVersion } from '../version.js';
import type { CliWorld } from '../world.js';
import type { AddCommand } from './command.js';

export interface RunOptions {
  readonly broker: string;
  readonly config?: string;
  readonly live?: true;
  readonly journal?: string;
  readonly json?: true;
  readonly log?: string;
  readonly speed: number;
  readonly exit?: true;
}

const MS_PER_SECOND = 1_000;
const LEAST_SPEED = 0.1;
const GREATEST_SPEED = 100;

export const addRun: AddCommand = (program, world, done) => {
  describeRun(program.command('run')).action(async (source: string, options: RunOptions) =>
    done(await run(source, options, world)),
  );
};

function describeRun(command: Command): Command {
  return command
    .description('execute every advisory of a file, and print what became of each')
    .argument('<file>', 'advisories: one JSON object, a JSON array, or JSONL; - reads standard input')
    .option('--broker <name>', `where the orders go: ${BROKERS_HELP}`, 'paper')
    .option('--config <file>', "the broker's options as JSON, without keys; for paper also a scripted operator")
    .option('--live', 'trade with REAL MONEY; the config must say "live": true as well')
    .option(
      '--journal <where>',
      'memory (the default for paper), temp (a new SQLite file in the temporary folder), or an SQLite file (the default elsewhere: <broker>.db here, <broker>-live.db for real money)',
    )
    .option(
      '--speed <n>',
      `run broker and engine on a clock n times as fast, ${LEAST_SPEED} to ${GREATEST_SPEED}; paper only`,
      speedOf,
      1,
    )
    .option('--json', 'print one JSON document at the end, and nothing else, to standard output')
    .option('--log <file>', 'write the audit log there, one JSON object a line; - is standard error')
    .option(
      '--exit',
      'end after the last result; so it always is today, and stays so with this for scripts, should a later version keep a console up',
    )
    .addHelpText('after', NOTES);
}

const NOTES = `
Ctrl-c sets the GLOBAL kill switch and waits for the live executions to end; a second one leaves at once. The switch stays
in the journal, and refuses every later run, until a person releases it: fillchart kill-switch release.
An advisoryId is good for one life: a refused advisory, too, is answered from the journal when it is sent again.
Keys are read from the environment alone; fillchart broker check tries them, and places nothing.
The paper broker forgets everything at the end of the run, so give it a new journal each time.
At a speed of n, the machine's own delays count n times as well; the 30 s of an order stay 30 s of that clock.
`;

function speedOf(text: string): number {
  const speed = Number(text);
  if (text.trim() !== '' && speed >= LEAST_SPEED && speed <= GREATEST_SPEED) return speed;
  throw new InvalidArgumentError(`Accepted is a number from ${LEAST_SPEED} to ${GREATEST_SPEED}.`);
}

/** Runs the advisories of `source`; resolves with the exit code. @throws {UsageError} before anything is started */
async function run(source: string, options: RunOptions, world: CliWorld): Promise<number> {
  const name = brokerName(options.broker);
  const isScaled = options.speed !== 1;
  if (isScaled && !isSimulated(name)) throw new UsageError('--speed is for the paper broker only.');
  const where = journalFor(name, options);
  const file = readAdvisories(await readSource(source, world), nameOfSource(source));
  for (const line of file.malformed) world.stderr.write(`fillchart: ${printable(sentenceOf(line))}\n`);
  if (file.advisories.length === 0) return nothingToRun(file, source, world);

  const clock = isScaled ? scaledClock(world.clock, options.speed) : world.clock;
  const told = notices(world.stderr);
  const { config: configPath, live = false } = options;
  const { advisories } = file;
  const opened = await openBroker(name, { configPath, live, clock, env: world.env, advisories, warn: told.tell });
  const journal = openJournal(where, world.clock.now(), isScaled);
  const log = openAuditLog(options.log, world.stderr);
  if (opened.stakes !== undefined) told.tell(opened.stakes);
  try {
    const engine = await createEngine({ broker: opened.broker, journal: journal.journal, clock, logger: log.logger });
    try {
      if (journal.failure() !== undefined) throw journal.failure();
      return await execute({ source, options, world, file, clock, opened, told, journal, engine });
    } finally {
      await engine.close();
    }
  } finally {
    log.close();
  }
}

/**
 * Where the journal is. A broker that goes on without us has one in a file unless another is named, and one of its own for
 * real money: after a crash it alone says what is live.
 * @throws {UsageError} where a crash would leave real orders behind of which nothing is known any more
 */
export function journalFor(name: BrokerName, { journal, live }: Pick<RunOptions, 'journal' | 'live'>): string {
  if (live === true && journal === 'memory')
    throw new UsageError('--journal memory is forgotten when the process ends; with real money, name a file.');
  if (journal !== undefined || isSimulated(name)) return journal ?? 'memory';
  return `${name.replace(':', '-')}${live === true ? '-live' : ''}.db`;
}

function nothingToRun({ malformed }: AdvisoryFile, source: string, { stderr }: CliWorld): number {
  if (malformed.length === 0) stderr.write(`fillchart: ${nameOfSource(source)} holds no advisory.\n`);
  return EXIT.usage;
}

interface Prepared {
  readonly source: string;
  readonly options: RunOptions;
  readonly world: CliWorld;
  readonly file: AdvisoryFile;
  readonly clock: Clock;
  readonly opened: OpenedBroker;
  readonly told: Notices;
  readonly journal: OpenedJournal;
  readonly engine: Engine;
}

async function execute(prepared: Prepared): Promise<number> {
  const { source, options, world, opened, journal, engine, told } = prepared;
  const isForMachines = options.json === true;
  const head = {
    fillchart: packageVersion(),
    source: nameOfSource(source),
    broker: opened.broker.name,
    live: options.live === true,
    journal: journal.path ?? 'memory',
    speed: options.speed,
  };
  const against = standing(engine, journal);
  if (isForMachines) tellAll(against, told);
  else {
    const { length: advisories } = prepared.file.advisories;
    const { about, stakes } = opened;
    world.stdout.write(`${heading({ ...head, advisories, about, stakes, standing: against }, world)}\n`);
  }
  const view = viewFor(options, world);
  const interrupts = stopOnInterrupt(world, { engine, view, journalPath: journal.path });
  try {
    const outcome = await watchedRun(prepared, view, interrupts);
    interrupts.said(outcome.exitCode);
    const releasable = releasableIn(engine, journal);
    if (isForMachines) world.stdout.write(reportJson(head, outcome, releasable));
    else printReport(outcome, { ...world, journalPath: journal.path, releasableIn: releasable });
    // Within: a ctrl-c while it is closed must not make another exit code of the one that was printed.
    await engine.close();
    return outcome.exitCode;
  } finally {
    interrupts.stopListening();
  }
}

function tellAll(all: readonly Standing[], { tell }: Notices): void {
  for (const { sentence, command } of all) {
    tell(sentence);
    if (command !== undefined) tell(command.trim());
  }
}

/** A live table needs a terminal that nothing else writes to. */
function viewFor({ json, log }: RunOptions, world: CliWorld): RunView {
  const { stdout, stderr, env } = world;
  if (json === true) return silentView(stderr);
  const isDisturbed = log === '-' && stderr.isTTY === true;
  const isLive = stdout.isTTY === true && env['TERM'] !== 'dumb' && !isDisturbed;
  return isLive ? liveView(world) : plainView(stdout, env);
}

async function watchedRun(
  { file, clock, opened, told, engine, journal }: Prepared,
  view: RunView,
  interrupts: Interrupts,
): Promise<RunOutcome> {
  const startedAt = clock.monotonic();
  const operator = scriptedOperator(opened.operator, { engine, clock, onRefused: (why) => view.note('bad', why) });
  const switches = engine.killSwitch.changes$.subscribe(({ type, target, state, reason, by }) =>
    view.note(
      'halted',
      `kill switch ${type}${target === undefined ? '' : ` ${target}`} is ${state}: ${reason}${by === undefined ? '' : ` (${by})`}`,
    ),
  );
  const recordedAt = recordedBefore(engine);
  try {
    await operator.begin();
    let isShown = false;
    const tracked: readonly Tracked[] = file.advisories.map(({ input }) =>
      track(engine.start(input), (one) => isShown && view.changed(one)),
    );
    operator.start();
    view.start(tracked);
    told.showOn(view);
    isShown = true;
    const results = await Promise.all(tracked.map(({ execution }) => execution.result));
    const durationSeconds = Math.round(clock.monotonic() - startedAt) / MS_PER_SECOND;
    return outcomeOf({
      lines: file.advisories,
      tracked,
      recordedAt,
      results,
      malformed: file.malformed,
      engine,
      isKept: journal.path !== undefined,
      isInterrupted: interrupts.isInterrupted,
      durationSeconds,
    });
  } finally {
    operator.stop();
    told.showOn(undefined);
    switches.unsubscribe();
    view.stop();
  }
}
