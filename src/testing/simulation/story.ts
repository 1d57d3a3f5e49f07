/**
 * One simulated story: the whole engine on a virtual clock, a faulty broker, operators, crashes and restarts, every law
 * judged at every step.
 *
 * 1. The same seed tells the same story, step by step.
 * 2. A process dies at a step of its own (see `mortal-process.ts`); the next one starts on what was durable.
 * 3. The story ends when every advisory that was sent has its result, what may still come to light has come, and a last
 *    sweep over a line without faults has been made.
 */

import { requireOptions } from '../../domain/option-names.js';
import { requireWhole } from '../../domain/option-values.js';
import type { Clock } from '../../domain/ports.js';
import type { SnapshotInput } from '../../domain/snapshot.js';
import { type Engine, type ExecutionResult, createEngine as realCreateEngine } from '../../index.js';
import { type CallLaws, callLaws } from '../laws/call-laws.js';
import { journalView } from '../laws/journal-view.js';
import { type Evidence, lawCourt, type Violation } from '../laws/law-court.js';
import { type ResultLaws, resultLaws } from '../laws/result-laws.js';
import { type StateLaws, stateLaws } from '../laws/state-laws.js';
import { VenuePort } from '../venue/venue-port.js';
import { VIRTUAL_EPOCH_MS, type VirtualClock, virtualClock } from '../virtual-clock.js';
import { drawnVenue, namesOf } from './drawn-venue.js';
import { type FaultyLine, faultyLine } from './faulty-line.js';
import { type MortalProcess, mortalProcess, type Step } from './mortal-process.js';
import { type Random, seededRandom } from './random.js';
import { drawStory, type OperatorAct, type StoryPlan } from './story-plan.js';
import { type VirtualDisk, virtualDisk } from './virtual-disk.js';

/** What {@link tellStory} takes. @beta @since 0.1.0 */
export interface StoryOptions {
  readonly seed: number;
  /** The engine to be told about; the real one by default. */
  readonly createEngine?: typeof realCreateEngine;
  /**
   * The venue does more than fill: fills are taken back and changed, exits are refused late, lost, filled in part, both
   * filled, left behind, orders restated and oddly worded, fees taken in the asset; and the process sleeps at times.
   */
  readonly isRough?: boolean;
  /** Told what happens, line by line. */
  readonly onLine?: (line: string) => void;
}

/** What one simulated story came to. @beta @since 0.1.0 */
export interface StoryReport {
  readonly seed: number;
  /** Advisories that got a result. */
  readonly executions: number;
  readonly crashes: number;
  readonly steps: number;
  readonly simulatedMs: number;
  /** How often each fault happened. */
  readonly faults: Readonly<Record<string, number>>;
  /** How many results have each status. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly violations: readonly Violation[];
}

/** Whether the venue is rough unless told otherwise. */
const IS_ROUGH = true;
/** Longest time that a story may take before what is not done counts as never done, in simulated ms. */
const LONGEST_STORY_MS = 600_000;
/** What was sent late, or filled after a cancel, has come to light by then. */
const AFTERMATH_MS = 60_000;
const TURN_MS = 1_000;
const EXITS_JUDGED_MS = 60_000;

/** Runs one simulated story: engine, venue, faults, crashes and restarts, all from one seed. @beta @since 0.1.0 */
export async function tellStory(options: StoryOptions): Promise<StoryReport> {
  requireOptions('tellStory', options, ['seed', 'createEngine', 'isRough', 'onLine']);
  requireWhole('seed', options.seed, 0);
  const { seed } = options;
  const story = newStory(options);
  const { clock, plan, state } = story;
  for (const { atMs, act } of plan.acts) clock.setTimeout(() => operate(story, act), atMs);
  for (const { atMs, ms } of plan.sleeps) clock.setTimeout(() => sleep(story, ms), atMs);
  for (const { atMs, ms } of plan.wallSteps) clock.setTimeout(() => clock.stepWall(ms), atMs);
  if (plan.diskFullAtMs !== undefined) clock.setTimeout(() => fillDisk(story), plan.diskFullAtMs);
  for (const { atMs, input, againAfterMs, conflictAfterMs } of plan.advisories) {
    sendAt(story, atMs, input);
    if (againAfterMs !== undefined) sendAt(story, atMs + againAfterMs, input);
    if (conflictAfterMs !== undefined) sendAt(story, atMs + conflictAfterMs, { ...input, referencePrice: '999' });
  }
  boot(story);
  while (!isTold(story) && clock.monotonic() < LONGEST_STORY_MS) await clock.advance(TURN_MS);
  story.evidence.court.demand(
    'L11',
    isTold(story),
    () => `no result for ${missing(story).join(', ') || 'the restart'}`,
  );
  await clock.advance(AFTERMATH_MS);
  state.isImmortal = true;
  while (!isTold(story) && clock.monotonic() < LONGEST_STORY_MS) await clock.advance(TURN_MS);
  await epilogue(story);
  return {
    seed,
    executions: state.results.size,
    crashes: state.crashes,
    steps: state.steps,
    simulatedMs: clock.monotonic(),
    faults: Object.fromEntries(state.faults),
    statuses: countOf([...state.results.values()].map(({ status }) => status)),
    violations: story.evidence.court.violations,
  };
}

interface StoryState {
  process: MortalProcess | undefined;
  engine: Engine | undefined;
  /** Steps of all processes. */
  steps: number;
  /** Processes that died. */
  crashes: number;
  diskFailed: boolean;
  /** What it slept through, all told. */
  sleptMs: number;
  /** Awake time at which it last woke up. */
  wokeAt: number;
  /** No process dies any more. */
  isImmortal: boolean;
  /** What is yet to be sent for the first time. */
  due: number;
  /** What was sent, by what it is. */
  readonly sent: Map<string, SnapshotInput>;
  readonly results: Map<string, ExecutionResult>;
  readonly faults: Map<string, number>;
}

interface Story {
  readonly clock: VirtualClock;
  /** The same clock, with every law judged before each event. */
  readonly judged: Clock;
  readonly plan: StoryPlan;
  readonly random: Random;
  readonly disk: VirtualDisk;
  readonly line: FaultyLine;
  readonly evidence: Evidence;
  readonly calls: CallLaws;
  readonly states: StateLaws;
  readonly results: ResultLaws;
  readonly createEngine: typeof realCreateEngine;
  readonly say: (line: () => string) => void;
  readonly state: StoryState;
}

function newStory({ seed, createEngine = realCreateEngine, onLine, isRough = IS_ROUGH }: StoryOptions): Story {
  const random = seededRandom(seed);
  const clock = virtualClock();
  const plan = drawStory(random.branch('plan'), VIRTUAL_EPOCH_MS, isRough);
  const state: StoryState = {
    process: undefined,
    engine: undefined,
    steps: 0,
    crashes: 0,
    diskFailed: false,
    sleptMs: 0,
    wokeAt: 0,
    isImmortal: false,
    due: 0,
    sent: new Map(),
    results: new Map(),
    faults: new Map(),
  };
  const say: Story['say'] = (line) => onLine?.(`${String(clock.monotonic()).padStart(7)} ms  ${line()}`);
  const judged: Clock = { ...clock, setTimeout: (fn, ms) => clock.setTimeout(() => judgeThen(story, fn), ms) };
  const venue = drawnVenue(random, plan, judged);
  const port = new VenuePort(venue, { tellsFills: plan.isRough, tellsQuantity: plan.isRough, averagePlaces: 6 });
  const court = lawCourt(clock);
  const evidence: Evidence = {
    clock,
    venue,
    journal: journalView(),
    policy: plan.onMismatch,
    court,
    diskFailed: () => state.diskFailed,
    sleptMs: () => state.sleptMs,
    awakeMs: () => clock.monotonic() - state.sleptMs,
    wokeAt: () => state.wokeAt,
  };
  const calls = callLaws(evidence);
  const count = (name: string): void => {
    state.faults.set(name, (state.faults.get(name) ?? 0) + 1);
    say(() => `fault ${name}`);
  };
  venue.listen((event) => namesOf(event, venue).forEach(count));
  const line = faultyLine({
    clock: judged,
    port,
    random: random.branch('line'),
    capabilities: plan.capabilities,
    faultRate: plan.faultRate,
    ...(plan.feeRate !== undefined && { feeRate: plan.feeRate }),
    onCall: (method, argument) => {
      if (!method.startsWith('getOrderStatus')) say(() => `call ${method} ${JSON.stringify(argument) ?? ''}`);
      calls.onCall(method, argument);
    },
    onFault: count,
    onPush: (report) => (state.engine === undefined || plan.crashes.length > 0 ? undefined : calls.onReport(report)),
  });
  const disk = virtualDisk();
  const slowest = plan.slowestCommitMs;
  const diskRandom = random.branch('disk');
  disk.commitMs = () => (slowest === 0 ? 0 : diskRandom.int(0, slowest));
  const states = stateLaws(evidence, calls, Math.max(plan.pollIntervalMs, plan.capabilities.minPollMs));
  const results = resultLaws(evidence, calls);
  const story: Story = {
    ...{ clock, judged, plan, random, disk, line, evidence, calls, states, results, createEngine, say, state },
  };
  return story;
}

/** The process is frozen: time goes on and nothing of it fires. */
function sleep({ clock, state, say }: Story, ms: number): void {
  say(() => `the process sleeps for ${ms} ms`);
  clock.moveTo(clock.monotonic() + ms);
  state.sleptMs += ms;
  state.wokeAt = clock.monotonic() - state.sleptMs;
  state.faults.set('process.wokeLate', (state.faults.get('process.wokeLate') ?? 0) + 1);
}

/** The state of things has settled since the last event: it is judged, then the next event comes. */
function judgeThen({ state, states, plan }: Story, event: () => void): void {
  if (state.engine !== undefined)
    states.onStep(
      state.engine,
      plan.advisories.map(({ input }) => String(input.advisoryId)),
    );
  event();
}

/** A new process on what was durable. */
function boot(story: Story): void {
  const { judged, clock, line, disk, evidence, state, plan, calls, say } = story;
  const crash = plan.crashes[state.crashes];
  let steps = 0;
  state.diskFailed = false;
  disk.fullBecause = undefined;
  evidence.journal.reread(disk.records);
  const process = mortalProcess({
    clock: judged,
    broker: line,
    disk,
    diesAt: () => {
      steps += 1;
      state.steps += 1;
      return steps === crash?.atStep && !state.isImmortal;
    },
    onDeath: (step) => bury(story, step),
    onAnswer: calls.onAnswer,
    onAppend: (records) => evidence.journal.append(records, clock.monotonic()),
    onCommit: (records) => {
      evidence.journal.commit(records, clock.monotonic());
      for (const { advisoryId = '', fact } of records) say(() => `fact ${advisoryId} ${JSON.stringify(fact)}`);
    },
  });
  state.process = process;
  say(() => `a process starts on ${disk.records.length} records`);
  const { pollIntervalMs, onMismatch } = plan;
  const { broker, journal } = process;
  void story
    .createEngine({ broker, journal, clock: process.clock, logger: false, pollIntervalMs, onMismatch })
    .then((engine) => takeOver(story, process, engine))
    .catch((error: unknown) =>
      evidence.court.demand('L11', false, () => `the engine does not start: ${String(error)}`),
    );
}

function bury(story: Story, step: Step | undefined): void {
  const { state, clock, plan, judged, calls, states, say } = story;
  const crash = plan.crashes[state.crashes];
  state.crashes += 1;
  state.engine = undefined;
  say(() => `the process dies at ${step?.kind ?? 'the end'} ${step?.what ?? ''}`);
  calls.onRestart();
  states.onRestart();
  judged.setTimeout(() => {
    clock.stepWall(crash?.wallStepMs ?? 0);
    boot(story);
  }, crash?.downMs ?? 0);
}

/** The engine is there: whoever sent something asks for it again (E1). */
function takeOver(story: Story, process: MortalProcess, engine: Engine): void {
  if (!process.isAlive) return;
  story.state.engine = engine;
  story.say(() => 'the engine is ready');
  for (const input of story.state.sent.values()) send(story, input);
}

function sendAt(story: Story, atMs: number, input: SnapshotInput): void {
  story.state.due += 1;
  story.judged.setTimeout(() => {
    story.state.due -= 1;
    story.state.sent.set(keyOf(input), input);
    send(story, input);
  }, atMs);
}

const keyOf = ({ advisoryId, referencePrice }: SnapshotInput): string =>
  `${String(advisoryId)} at ${String(referencePrice)}`;

/** While no engine is there, what was sent waits for the next one. */
function send(story: Story, input: SnapshotInput): void {
  const { state, results, say } = story;
  const { engine, process } = state;
  if (engine === undefined || process?.isAlive !== true) return;
  const execution = engine.start(input);
  say(() => `sent ${String(input.advisoryId)}: ${execution.stage}`);
  void execution.result.then((result) => {
    if (state.process !== process) return;
    say(() => `result ${result.advisoryId} ${result.status} ${result.reason ?? ''}`);
    state.results.set(keyOf(input), result);
    // A conflicting snapshot is refused each time anew; it has no life of its own.
    const isKnown = engine.execution(result.advisoryId)?.clientOrderId === execution.clientOrderId;
    if (isKnown) results.onResult(execution.clientOrderId, result);
  });
}

function operate({ state, plan, say }: Story, act: OperatorAct): void {
  const { engine } = state;
  if (engine === undefined) return;
  say(() => `operator ${JSON.stringify(act)}`);
  const ignore = () => undefined;
  const said = { reason: 'simulated', by: 'operator' };
  switch (act.kind) {
    case 'set': {
      const { kind: _kind, ...change } = act;
      engine.killSwitch.set({ ...change, ...said }).catch(ignore);
      break;
    }
    case 'release': {
      const { kind: _kind, ...release } = act;
      engine.killSwitch.release({ ...release, ...said, force: plan.onMismatch === 'report-only' }).catch(ignore);
      break;
    }
    case 'resolveAll':
      for (const { caseId } of engine.cases.open()) engine.cases.resolve(caseId, said).catch(ignore);
      break;
    case 'sweep':
      engine.sweep().catch(ignore);
  }
}

/** The disk is full until somebody makes room and restarts the process. */
function fillDisk({ state, disk, judged, say }: Story): void {
  say(() => 'the disk is full');
  state.faults.set('disk.full', (state.faults.get('disk.full') ?? 0) + 1);
  state.diskFailed = true;
  disk.fullBecause = 'no space left on device';
  judged.setTimeout(() => state.process?.kill(), 20_000);
}

const missing = ({ state }: Story): string[] => [...state.sent.keys()].filter((key) => !state.results.has(key));

const isTold = (story: Story): boolean =>
  story.state.due === 0 &&
  story.state.engine !== undefined &&
  !story.state.diskFailed &&
  missing(story).length === 0 &&
  story.state.engine.metrics().live === 0;

/** A last sweep over a line without faults; then what is on record is held against what is so. */
async function epilogue({ clock, line, state, results, disk, plan, evidence }: Story): Promise<void> {
  if (state.engine === undefined) return;
  const past = {
    crashed: state.crashes > 0,
    swept: plan.acts.some(({ act }) => act.kind === 'sweep'),
    diskFailed: plan.diskFullAtMs !== undefined,
  };
  results.onTold(past);
  line.mend();
  const { engine } = state;
  const sweep = () => clock.runUntil(engine.sweep()).catch((error: unknown) => ({ failures: [String(error)] }));
  const first = await sweep();
  // What the sweep heard of exits is judged by their watch: a sibling gets its grace, a position is asked for (B7). A symbol
  // that it had to leave for that is compared then, without a further sweep.
  await clock.advance(EXITS_JUDGED_MS);
  results.atEnd(disk.records, past);
  const last = first.failures.length === 0 ? first : await sweep();
  evidence.court.demand('L6', last.failures.length === 0, () => `the last sweep failed: ${last.failures.join(', ')}`);
}

function countOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
