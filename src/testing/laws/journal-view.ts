/**
 * What the journal says, read by someone who trusts no engine: the lives in it, the switches and the cases.
 *
 * 1. A record counts from the turn in which it is handed over: a switch that was set has closed the gate by then.
 * 2. What was handed over and not committed is forgotten with the process that did so.
 */
import { type Case, type CaseFact, isOpen, type MismatchPolicy, withCaseFact } from '../../domain/cases.js';
import type { JournalRecord } from '../../domain/journal.js';
import {
  cancelsLiveOrders,
  covers,
  type KillSwitchState,
  type SwitchView,
  stateFor,
  withChange,
} from '../../domain/kill-switch.js';
import type { ExecutionFact, ExecutionInput } from '../../machines/execution.facts.js';
import type { KillSwitchFact } from '../../machines/kill-switch.machine.js';

/** One advisory's life, as far as it is on record. */
export interface RecordedLife {
  readonly advisory: ExecutionInput;
  readonly facts: ExecutionFact[];
  /** How many of them are durable. */
  durable: number;
  /** Monotonic ms of the last commit. */
  committedAt: number;
}

export interface JournalView {
  /** Records were handed over. */
  append(records: readonly JournalRecord[], monotonic: number): void;
  /** Records are durable. */
  commit(records: readonly JournalRecord[], monotonic: number): void;
  /** A new process reads what is durable; the rest never was. */
  reread(records: readonly JournalRecord[]): void;
  life(clientOrderId: string): RecordedLife | undefined;
  lives(): readonly RecordedLife[];
  stateFor(symbol: string): KillSwitchState;
  /** A switch that cancels live orders is ACTIVE for the symbol. */
  wantsCancel(symbol: string): boolean;
  blockingCase(symbol: string, policy: MismatchPolicy): Case | undefined;
  cases(): readonly Case[];
  /** A case was opened about the execution, or about the symbol as such. */
  hasCase(advisoryId: string, symbol: string): boolean;
  /** Position queries that the watch of exits has made, and may be making (B7). */
  exitQueries(): number;
  /** Positions that did not fit at first when an exit had ended: their symbol is compared once that is decided (M3). */
  comparisons(): number;
  /** Engine time at a monotonic time, by what the process recorded last. */
  engineTime(monotonic: number): number;
}

interface ExitStep {
  readonly advisoryId: string;
  readonly type: string;
  /** Of a position that was seen. */
  readonly kind?: string;
  /** Of a deadline. */
  readonly name?: string;
}

export const exitStep = ({ type, seen, name }: JournalRecord['fact']): Omit<ExitStep, 'advisoryId'> => ({
  type,
  ...(type === 'POSITION_SEEN' && { kind: String((seen as { readonly kind?: unknown } | undefined)?.kind) }),
  ...(type === 'DEADLINE' && { name: String(name) }),
});

/** What was seen did not decide: the position is asked for again. */
export const isComparedLater = (steps: readonly Omit<ExitStep, 'advisoryId'>[]): boolean =>
  steps.some(
    ({ kind }, index) => kind === 'position' && steps.slice(index + 1).some(({ name }) => name === 'positionRetry'),
  );

export function journalView(): JournalView {
  let lives = new Map<string, RecordedLife>();
  let switches: readonly SwitchView[] = [];
  let cases: readonly Case[] = [];
  let offset = 0;
  let exitFacts: ExitStep[] = [];

  function take({ stream, snapshotHash, advisoryId = '', fact }: JournalRecord): void {
    if (stream === 'kill-switch') switches = withChange(switches, (fact as unknown as KillSwitchFact).change);
    else if (stream === 'case') cases = withCaseFact(cases, fact as unknown as CaseFact);
    else if (stream === 'protection') exitFacts.push({ advisoryId, ...exitStep(fact) });
    else if (stream === 'execution') takeFact(`${advisoryId}/${snapshotHash}`, fact as unknown as ExecutionFact);
  }

  function takeFact(key: string, fact: ExecutionFact): void {
    if (fact.type === 'START') {
      if (!lives.has(key)) lives.set(key, { advisory: fact.advisory, facts: [fact], durable: 0, committedAt: 0 });
    } else lives.get(key)?.facts.push(fact);
  }

  const lifeOf = ({ advisoryId, snapshotHash }: JournalRecord) => lives.get(`${advisoryId}/${snapshotHash}`);

  return {
    append(records, monotonic) {
      for (const record of records) {
        take(record);
        offset = record.at - Math.floor(monotonic);
      }
    },
    commit(records, monotonic) {
      for (const record of records) {
        const life = record.stream === 'execution' ? lifeOf(record) : undefined;
        if (life === undefined) continue;
        life.durable = life.facts.indexOf(record.fact as unknown as ExecutionFact) + 1;
        life.committedAt = monotonic;
      }
    },
    reread(records) {
      lives = new Map();
      switches = [];
      cases = [];
      exitFacts = [];
      for (const record of records) take(record);
      for (const life of lives.values()) life.durable = life.facts.length;
    },
    life: (clientOrderId) => [...lives.values()].find(({ advisory }) => advisory.clientOrderId === clientOrderId),
    lives: () => [...lives.values()],
    stateFor: (symbol) => stateFor(switches, symbol),
    wantsCancel: (symbol) =>
      switches.some(
        ({ type, state, target }) => state === 'ACTIVE' && cancelsLiveOrders(type) && covers(target, symbol),
      ),
    blockingCase: (symbol, policy) =>
      policy === 'report-only'
        ? undefined
        : cases.find((known) => isOpen(known) && (policy === 'halt-all' || covers(known.symbol, symbol))),
    cases: () => cases,
    hasCase: (advisoryId, symbol) =>
      cases.some(
        (known) => known.advisoryId === advisoryId || (known.advisoryId === undefined && known.symbol === symbol),
      ),
    exitQueries: () => {
      const answered = exitFacts.filter(({ type }) => type === 'POSITION_SEEN').length;
      const last = new Map(exitFacts.map(({ advisoryId, type }) => [advisoryId, type]));
      return answered + [...last.values()].filter((type) => type === 'EXIT_REPORT' || type === 'EXIT_ABSENT').length;
    },
    comparisons: () => {
      const ids = new Set(exitFacts.map(({ advisoryId }) => advisoryId));
      return [...ids].filter((id) => isComparedLater(exitFacts.filter(({ advisoryId }) => advisoryId === id))).length;
    },
    engineTime: (monotonic) => offset + Math.floor(monotonic),
  };
}
