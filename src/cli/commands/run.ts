/**
 * `fillchart run`: executes every advisory of a file, side by side, and says what became of each.
 */
import { type Command, InvalidArgumentError } from 'commander';
import type { Execution } from '../../actors/execution.js';
import type { SwitchChange } from '../../domain/kill-switch.js';
import type { Clock } from '../../domain/ports.js';
import type { Engine } from '../../engine/engine.js';
import { createEngine } from '../../index.js';
import { BROKERS_HELP, type BrokerName, brokerName, isSimulated } from '../brokers/broker-name.js';
import { openBroker } from '../brokers/open-broker.js';
import type { BrokerRequest, OpenedBroker } from '../brokers/opened-broker.js';
import { EXIT, UsageError } from '../exit-codes.js';
import { placeOf } from '../journal-admin/shell-command.js';
import { switchName } from '../journal-admin/switch-text.js';
import { openAuditLog } from '../run/audit-log.js';
import { dryRun } from '../run/dry-run.js';
import { dryRunExitCode, dryRunJson, dryRunText } from '../run/dry-run-text.js';
import { type ExecutionsRequest, liveBefore, planOf, runExecutions } from '../run/executions.js';
import { heading } from '../run/heading.js';
import { type Interrupts, stopOnInterrupt } from '../run/interrupt.js';
import { type OpenedJournal, openJournal } from '../run/journals.js';
import { keepConsole, outliving } from '../run/keep-console.js';
import { liveView } from '../run/live-view.js';
import { nothingToRun } from '../run/nothing-to-run.js';
import { type Notices, notices } from '../run/notices.js';
import { scriptedOperator } from '../run/operator.js';
import { type ExecutedLine, outcomeOf, type RunOutcome, tally } from '../run/outcome.js';
import { plainView } from '../run/plain-view.js';
import { progressView } from '../run/progress-view.js';
import { type AdvisoryFile, keyOf, readAdvisories, sentenceOf } from '../run/read-advisories.js';
import { recordedBefore } from '../run/recorded.js';
import { printReport } from '../run/report.js';
import { jsonReport, type ReportHead } from '../run/report-json.js';
import { scaledClock } from '../run/scaled-clock.js';
import { nameOfSource, readSource } from '../run/source.js';
import { releasableIn, type Standing, standing } from '../run/standing.js';
import type { RunView } from '../run/view.js';
import { helpNotes } from '../terminal/help-notes.js';
import { printable } from '../terminal/text-width.js';
import { packageVersion } from '../version.js';
import type { CliWorld } from '../world.js';
import type { AddCommand } from './command.js';

interface RunOptions {
  readonly broker: string;
  readonly config?: string;
  readonly live?: true;
  readonly journal?: string;
  readonly json?: true;
  readonly log?: string;
  readonly speed: number;
  /** At most so many advisories are under way. */
  readonly concurrency: number;
  /** The console stays up after the last result, unless `exit` is given. */
  readonly console?: true;
  readonly port?: number;
  readonly exit?: true;
  /** Judges the advisories, and sends nothing. */
  readonly dryRun?: true;
}

const MS_PER_SECOND = 1_000;
const LEAST_SPEED = 0.1;
const GREATEST_SPEED = 100;
const DEFAULT_CONCURRENCY = 1_000;
const GREATEST_CONCURRENCY = 100_000;
const GREATEST_PORT = 65_535;

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
    .option(
      '--concurrency <n>',
      `at most so many advisories are under way at a time, 1 to ${GREATEST_CONCURRENCY}; the others wait`,
      concurrencyOf,
      DEFAULT_CONCURRENCY,
    )
    .option('--json', 'print one JSON document, and nothing else, to standard output; progress goes to standard error')
    .option(
      '--dry-run',
      'judge every advisory as a run would now (fields, switches, cases, limits, instrument, exits); send nothing',
    )
    .option('--log <file>', 'write the audit log there, one JSON object a line; - is standard error')
    .option('--console', 'keep the console up after the last result, on the same broker and journal; paper only')
    .option('--port <n>', 'port of the console (default: 8090, or a free one)', portOf)
    .option('--exit', 'end after the last result; goes before --console')
    .addHelpText('after', helpNotes(NOTES));
}

const NOTES = `
Ctrl-c sets the GLOBAL kill switch and waits for the live executions to end; a second one exits at once. The switch stays
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

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= GREATEST_PORT) return port;
  throw new InvalidArgumentError(`Accepted is a whole number from 0 to ${GREATEST_PORT}.`);
}

function concurrencyOf(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= GREATEST_CONCURRENCY) return count;
  throw new InvalidArgumentError(`Accepted is a whole number from 1 to ${GREATEST_CONCURRENCY}.`);
}

/** Runs the advisories of `source`; resolves with the exit code. @throws {UsageError} before anything is started */
async function run(source: string, options: RunOptions, world: CliWorld): Promise<number> {
  const name = brokerName(options.broker);
  const isScaled = options.speed !== 1;
  if (isScaled && !isSimulated(name)) throw new UsageError('--speed is for the paper broker only.');
  const staysUp = options.console === true && options.exit !== true;
  if (staysUp) assertMayStayUp(name, options);
  const where = journalFor(name, options);
  const file = readAdvisories(await readSource(source, world), nameOfSource(source));
  for (const line of file.malformed) world.stderr.write(`fillchart: ${printable(sentenceOf(line))}\n`);
  if (file.advisories.length === 0) {
    const head = headOf(source, { broker: name, journal: where }, options);
    return nothingToRun({ head, file, json: options.json === true, dryRun: options.dryRun === true }, world);
  }

  const clock = isScaled ? scaledClock(world.clock, options.speed) : world.clock;
  const told = notices(world.stderr);
  const { config: configPath, live = false } = options;
  const { advisories } = file;
  const request = { configPath, live, clock, env: world.env, advisories, warn: told.tell };
  if (options.dryRun === true) return judgeOnly({ name, request, where, source, file, options }, world);
  const opened = await openBroker(name, request);
  const journal = openJournal(where, world.clock.now(), isScaled);
  const exitCode = await runOnEngine({ source, options, world, file, clock, opened, told, journal }, staysUp);
  if (staysUp && exitCode !== EXIT.interrupted)
    await keepConsole({ broker: opened.broker, limits: opened.limits, journal, clock, port: options.port }, world);
  return exitCode;
}

async function runOnEngine(parts: Omit<Prepared, 'engine'>, brokerStays: boolean): Promise<number> {
  const { options, world, opened, told, journal, clock } = parts;
  const log = openAuditLog(options.log, world);
  if (opened.stakes !== undefined) told.tell(opened.stakes);
  try {
    const engine = await createEngine({
      broker: brokerStays ? outliving(opened.broker) : opened.broker,
      journal: journal.journal,
      clock,
      logger: log.logger,
      maxConcurrent: options.concurrency,
      ...(opened.limits !== undefined && { limits: opened.limits }),
    });
    try {
      if (journal.failure() !== undefined) throw journal.failure();
      return await execute({ ...parts, engine });
    } finally {
      await engine.close();
    }
  } finally {
    log.close();
  }
}

/** @throws {UsageError} */
function assertMayStayUp(name: BrokerName, { json }: RunOptions): void {
  if (!isSimulated(name)) throw new UsageError('--console is for the paper broker only; see fillchart serve.');
  if (json === true) throw new UsageError('--console and --json exclude each other.');
}

interface Judged {
  readonly name: BrokerName;
  readonly request: BrokerRequest;
  readonly where: string;
  readonly source: string;
  readonly file: AdvisoryFile;
  readonly options: RunOptions;
}

async function judgeOnly({ name, request, where, source, file, options }: Judged, world: CliWorld): Promise<number> {
  const { broker, limits } = await openBroker(name, { ...request, looksOnly: true });
  const { clock } = request;
  const advisories = await dryRun({ advisories: file.advisories, broker, limits, journal: where, clock });
  const { malformed } = file;
  const report = { source: nameOfSource(source), broker: broker.name, journal: where, advisories, malformed };
  world.stdout.write(options.json === true ? dryRunJson(report) : dryRunText(report, world));
  return dryRunExitCode(report);
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

function headOf(source: string, at: Pick<ReportHead, 'broker' | 'journal'>, options: RunOptions): ReportHead {
  return {
    fillchart: packageVersion(),
    source: nameOfSource(source),
    broker: at.broker,
    live: options.live === true,
    journal: at.journal,
    speed: options.speed,
    concurrency: options.concurrency,
  };
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
  const head = headOf(source, { broker: opened.broker.name, journal: journal.path ?? 'memory' }, options);
  const recovered = liveBefore(engine);
  const against = standing(engine, journal, world);
  const document = options.json === true ? jsonReport(world.stdout, head) : undefined;
  if (document !== undefined) tellAll(against, recovered.length, told);
  else {
    const lines = prepared.file.advisories;
    const advisories = new Set(lines.map(keyOf)).size;
    const repeats = lines.length - advisories;
    const { about, stakes } = opened;
    const heads = { ...head, advisories, repeats, recovered: recovered.length, about, stakes, standing: against };
    world.stdout.write(`${heading(heads, world)}\n`);
  }
  const view = viewFor(options, world);
  const place = journal.path === undefined ? undefined : placeOf(world, journal.path);
  const onLeave = (live: number) => document?.leave(live);
  const interrupts = stopOnInterrupt(world, { engine, view, place, onLeave });
  try {
    const executed: ExecutedLine[] = [];
    const collect = (one: ExecutedLine) => void (document === undefined ? executed.push(one) : document.add(one));
    const outcome = await watchedRun(prepared, { view, interrupts, recovered, collect });
    interrupts.said(outcome.exitCode);
    const releasable = releasableIn(engine, journal, world);
    if (document !== undefined) document.end(outcome, releasable);
    else
      printReport(outcome, executed, {
        ...world,
        journalPath: journal.path,
        releasableIn: releasable,
        speed: options.speed,
      });
    // Within: a ctrl-c while it is closed must not make another exit code of the one that was printed.
    await engine.close();
    return outcome.exitCode;
  } finally {
    interrupts.stopListening();
  }
}

function tellAll(all: readonly Standing[], recovered: number, { tell, command }: Notices): void {
  if (recovered > 0) tell(`${recovered} executions of the journal have no result yet; this run waits for them.`);
  for (const one of all) {
    tell(one.sentence);
    if (one.command !== undefined) command(one.command.trim());
  }
}

/** A live table needs a terminal that nothing else writes to. */
function viewFor({ json, log }: RunOptions, world: CliWorld): RunView {
  const { stdout, stderr, env } = world;
  if (json === true) return progressView(world);
  const isDisturbed = log === '-' && stderr.isTTY === true;
  const isLive = stdout.isTTY === true && env['TERM'] !== 'dumb' && !isDisturbed;
  return isLive ? liveView(world) : plainView(stdout, env);
}

interface Watched {
  readonly view: RunView;
  readonly interrupts: Interrupts;
  /** What the journal brought along without a result. */
  readonly recovered: readonly Execution[];
  readonly collect: (executed: ExecutedLine) => void;
}

async function watchedRun(
  { source, file, clock, opened, told, engine, journal, options, world }: Prepared,
  { view, interrupts, recovered, collect }: Watched,
): Promise<RunOutcome> {
  const startedAt = clock.monotonic();
  const operator = scriptedOperator(opened.operator, { engine, clock, onRefused: (why) => view.note('bad', why) });
  const switches = engine.killSwitch.changes$.subscribe((change) => view.note('halted', changeSentence(change)));
  const recordedAt = recordedBefore(engine);
  const malformed = [...file.malformed];
  const sums = tally();
  try {
    await operator.begin();
    view.start(planOf(recovered, file.advisories));
    told.showOn(view);
    operator.start();
    const request: ExecutionsRequest = {
      engine,
      lines: file.advisories,
      concurrency: options.concurrency,
      view,
      recordedAt,
      isStopped: () => interrupts.isInterrupted,
      onExecuted(one) {
        sums.add(one);
        collect(one);
      },
      onUnusable(line, problem) {
        const unusable = { file: nameOfSource(source), line, problem };
        malformed.push(unusable);
        world.stderr.write(`fillchart: ${printable(sentenceOf(unusable))}\n`);
      },
    };
    const notStarted = await runExecutions(request, recovered);
    const durationSeconds = Math.round(clock.monotonic() - startedAt) / MS_PER_SECOND;
    return outcomeOf({
      totals: sums.totals(),
      malformed,
      engine,
      isKept: journal.path !== undefined,
      isInterrupted: interrupts.isInterrupted,
      notStarted,
      durationSeconds,
    });
  } finally {
    operator.stop();
    told.showOn(undefined);
    switches.unsubscribe();
    view.stop();
  }
}

const changeSentence = ({ type, target, state, reason, by }: SwitchChange): string =>
  `kill switch ${switchName({ type, ...(target !== undefined && { target }) })} is ${state}: ${reason}${by === undefined ? '' : ` (${by})`}`;
