/**
 * The replay: the recorded facts of one execution, folded through the chart once more (A3).
 *
 * 1. It is pure: the chart decides again, and nothing is carried out.
 * 2. It starts from what was recorded and from nothing else, so that anyone who has the journal can repeat it.
 * 3. Its result is held against the one that the engine handed out, by the SHA-256 of the canonical text.
 */
import type { JournalRecord } from '../domain/journal.js';
import type { ExecutionResult } from '../domain/result.js';
import { resultSha256 } from '../machines/execution.audit.js';
import type { ExecutionCommand } from '../machines/execution.commands.js';
import { elapsedSinceSubmit } from '../machines/execution.context.js';
import type { EngineFaultFact, ExecutionFact, FactOf } from '../machines/execution.facts.js';
import { statePath } from '../machines/execution.state.js';
import { newExecutionState, step } from '../machines/step.js';
import { upcast } from './fact-versions.js';
import { isStart, lifeOf as registeredLifeOf } from './lives.js';
import { isRecorded, type RecordedResult, recordedResult } from './recorded-result.js';

/** One recorded fact, and what the chart made of it. */
export interface ReplayStep {
  readonly seq: number;
  /** Wall time, ISO 8601 UTC. */
  readonly wall: string;
  /** Engine time in ms. */
  readonly at: number;
  /** T in ms; absent before the first submission. */
  readonly t?: number;
  readonly fact: ExecutionFact;
  /** The chart's states before and after, innermost last, such as `pending.open`. */
  readonly from: string;
  readonly to: string;
  /** What the chart asked for, in order. */
  readonly commands: readonly ExecutionCommand['type'][];
}

/**
 * `equal` and `different`: the replayed result against the recorded one, to the byte where the facts are of the present
 * version. `unfinished`: the journal holds no
 * end of this execution. `unrecorded`: it holds an end, and no result to compare with.
 */
export type ReplayVerdict = 'equal' | 'different' | 'unfinished' | 'unrecorded';

export interface Replay {
  readonly advisoryId: string;
  readonly steps: readonly ReplayStep[];
  readonly result?: ExecutionResult;
  /** Of the canonical text of the replayed result. */
  readonly resultSha256?: string;
  /** Of the result that the engine handed out, as it stands in the audit log. */
  readonly recordedSha256?: string;
  readonly verdict: ReplayVerdict;
}

/** Replays an execution; `undefined` when the journal does not know the advisory. */
export function replayExecution(records: Iterable<JournalRecord>, advisoryId: string): Replay | undefined {
  const life = lifeOf(records, advisoryId);
  const [first] = life;
  if (first === undefined) return undefined;
  const { steps, result } = fold(life, factOf<FactOf<'START'>>(first).advisory);
  const recorded = recordedResult(life);
  const replayed = result === undefined ? undefined : resultSha256(result);
  return {
    advisoryId,
    steps,
    ...(result !== undefined && { result }),
    ...(replayed !== undefined && { resultSha256: replayed }),
    ...(recorded?.sha256 !== undefined && { recordedSha256: recorded.sha256 }),
    verdict: verdictOf(result, recorded),
  };
}

/** Advisories that the journal knows, oldest first. */
export function recordedAdvisories(records: Iterable<JournalRecord>): readonly string[] {
  const starts = [...records].filter(isStart).map(({ advisoryId = '' }) => advisoryId);
  return [...new Set(starts)].filter((id) => id !== '');
}

function verdictOf(replayed: ExecutionResult | undefined, recorded: RecordedResult | undefined): ReplayVerdict {
  if (replayed === undefined) return recorded === undefined ? 'unfinished' : 'different';
  if (recorded === undefined) return 'unrecorded';
  return isRecorded(replayed, recorded) ? 'equal' : 'different';
}

const factOf = <Fact extends ExecutionFact>(record: JournalRecord): Fact => upcast(record).fact as unknown as Fact;
const isEngineFault = ({ fact }: JournalRecord): boolean => fact.type === 'ENGINE_FAULT';

/** One that was refused for another's id, or could not be read, has no life but its START. */
function lifeOf(records: Iterable<JournalRecord>, advisoryId: string): readonly JournalRecord[] {
  const own = [...records].filter((record) => record.stream === 'execution' && record.advisoryId === advisoryId);
  const life = registeredLifeOf(own);
  const [first] = own.filter(isStart);
  if (life.length > 0 || first === undefined) return life;
  return [first, ...own.filter((record) => !isStart(record) && record.seq > first.seq)];
}

function fold(
  life: readonly JournalRecord[],
  input: FactOf<'START'>['advisory'],
): { readonly steps: readonly ReplayStep[]; readonly result: ExecutionResult | undefined } {
  let state = newExecutionState(input);
  let isBroken = false;
  let fault: EngineFaultFact | undefined;

  /** What the chart asks for. One that throws stands still from there; the verdict says that the result is missing. */
  function take(fact: ExecutionFact): readonly ExecutionCommand['type'][] {
    if (isBroken) return [];
    try {
      const { state: after, commands } = step(state, fact);
      state = after;
      return commands.map(({ type }) => type);
    } catch {
      isBroken = true;
      return [];
    }
  }

  const steps = life.map((record) => {
    const fact = factOf(record);
    const from = statePath(state.value);
    // No event of the chart, which had failed: the result stands in the record (E5).
    if (isEngineFault(record)) fault = record.fact as unknown as EngineFaultFact;
    const commands = isEngineFault(record) ? [] : take(fact);
    const { context, value } = state;
    const t = context.firstSubmitAt === undefined ? {} : { t: elapsedSinceSubmit(context, record.at) };
    return { seq: record.seq, wall: record.wall, at: record.at, ...t, fact, from, to: statePath(value), commands };
  });
  const { result = fault?.result } = state.context;
  return { steps, result };
}
