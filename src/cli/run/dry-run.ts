/**
 * `fillchart run --dry-run`: judges every advisory as a run would now, and sends nothing.
 *
 * 1. The engine itself judges (V1–V11): a real one, with the real broker's answers, on a journal in memory. Its broker has no
 *    way to send: a submit call ends here, and proves that the advisory got so far.
 * 2. Switches and cases of the named journal count, and so does an advisory that it knows (E1). It is read, never written.
 *    Where it is damaged, a run would send nothing, and a dry run reports that.
 * 3. Advisories are judged one by one: a limit on what runs side by side cannot be judged before it does.
 */

import { existsSync } from 'node:fs';
import { memoryJournal } from '../../adapters/journals/memory.js';
import type { AuditRecord } from '../../domain/audit.js';
import { blockingCase, type Case } from '../../domain/cases.js';
import type { SwitchView } from '../../domain/kill-switch.js';
import type { BrokerAdapter, Clock } from '../../domain/ports.js';
import { sentence } from '../../domain/reading.js';
import type { LimitOptions } from '../../domain/risk-limits.js';
import { freezeSnapshot, snapshotHash } from '../../domain/snapshot.js';
import type { Engine } from '../../engine/engine.js';
import { adminView } from '../../engine/journal-admin.js';
import { createEngine } from '../../index.js';
import { withAuditSource } from '../audit/source.js';
import { CheckFailedError } from '../exit-codes.js';
import { type AdvisoryLine, keyOf } from './read-advisories.js';

/** What a run would make of one advisory now. */
export interface Judgement {
  readonly line: number;
  readonly advisoryId: string;
  readonly symbol: string;
  readonly side: string;
  readonly size: string;
  /** `send`: the order would go out. `refuse`: it would be `REJECTED`. `known`: the journal or an earlier line has it; nothing new is sent. */
  readonly verdict: 'send' | 'refuse' | 'known';
  /** The code of the refusal. */
  readonly reason?: string;
  readonly message?: string;
}

interface DryRunRequest {
  readonly advisories: readonly AdvisoryLine[];
  readonly broker: BrokerAdapter;
  readonly limits?: LimitOptions | undefined;
  /** The journal of the run; read where it is a file that exists. */
  readonly journal: string;
  readonly clock: Clock;
}

const CODE = 'DRY_RUN';

export async function dryRun({ advisories, broker, limits, journal, clock }: DryRunRequest): Promise<Judgement[]> {
  const past = await pastOf(journal);
  const engine = await createEngine({
    broker: withoutWrites(broker),
    journal: memoryJournal(),
    clock,
    logger: false,
    onMismatch: 'report-only',
    ...(limits !== undefined && { limits }),
  });
  try {
    for (const one of past.switches) {
      const { type, state, target, reason } = one;
      await engine.killSwitch.set({ type, state, reason, ...(target !== undefined && { target }) });
    }
    const judged: Judgement[] = [];
    const firstLines = new Map<string, number>();
    for (const advisory of advisories) {
      const key = keyOf(advisory);
      const firstLine = firstLines.get(key);
      if (firstLine === undefined) firstLines.set(key, advisory.line);
      judged.push(firstLine === undefined ? await judge(engine, advisory, past) : repeated(advisory, firstLine));
    }
    return judged;
  } finally {
    await engine.close();
  }
}

interface Past {
  readonly switches: readonly SwitchView[];
  readonly cases: readonly Case[];
  /** The hash of the snapshot that each advisory id stands for. */
  readonly known: ReadonlyMap<string, string | undefined>;
}

async function pastOf(journal: string): Promise<Past> {
  if (journal === 'memory' || journal === 'temp' || !existsSync(journal)) {
    return { switches: [], cases: [], known: new Map() };
  }
  return withAuditSource(journal, ({ records, verdict }) => {
    if (!verdict.ok) throw new CheckFailedError(closedGate(journal, verdict.problem));
    const { switches, cases } = adminView(records);
    const known = knownIn(records.flatMap(({ audit }) => audit));
    return { switches: switches.filter(({ state }) => state !== 'OFF'), cases, known };
  });
}

/** The first that was begun under an id is the one that it stands for (E1). */
function knownIn(audit: readonly AuditRecord[]): Past['known'] {
  const known = new Map<string, string | undefined>();
  for (const { event, advisoryId, snapshotHash: hash } of audit)
    if (event === 'execution_start' && advisoryId !== undefined && !known.has(advisoryId)) known.set(advisoryId, hash);
  return known;
}

const closedGate = (journal: string, problem: string): string =>
  `${journal} is not what was written: ${sentence(problem)} A run on it would send nothing: the gate stays closed (K7).`;

function aboutOf({ line, input }: AdvisoryLine): Pick<Judgement, 'line' | 'advisoryId' | 'symbol' | 'side' | 'size'> {
  const { advisoryId, symbol, side, positionSize: size } = freezeSnapshot(input);
  return { line, advisoryId, symbol, side, size };
}

/** The same advisory once more is one execution (E1). */
const repeated = (advisory: AdvisoryLine, firstLine: number): Judgement => ({
  ...aboutOf(advisory),
  verdict: 'known',
  message: `Line ${advisory.line} repeats line ${firstLine}: one advisory, executed once.`,
});

async function judge(engine: Engine, advisory: AdvisoryLine, { cases, known }: Past): Promise<Judgement> {
  const { input } = advisory;
  const about = aboutOf(advisory);
  const { advisoryId, symbol } = about;
  if (known.has(advisoryId)) {
    if (known.get(advisoryId) !== snapshotHash(freezeSnapshot(input))) {
      const message = 'The journal has another advisory under this advisoryId.';
      return { ...about, verdict: 'refuse', reason: 'ADVISORY_CONFLICT', message };
    }
    return { ...about, verdict: 'known', message: 'The journal has this advisory: it is answered from there.' };
  }
  const { status, reason, errorMessage, attempts } = await engine.execute(input);
  if (attempts.some(({ code }) => code === CODE)) {
    const blocking = blockingCase(cases, symbol, 'halt-symbol');
    if (blocking === undefined) return { ...about, verdict: 'send' };
    const message = `${blocking.caseId} is open for ${blocking.symbol}.`;
    return { ...about, verdict: 'refuse', reason: 'UNRESOLVED_MISMATCH', message };
  }
  return {
    ...about,
    verdict: 'refuse',
    reason: reason ?? status,
    ...(errorMessage !== undefined && { message: errorMessage }),
  };
}

/** The adapter's reads. What writes is not passed on, and pushes are not needed: no order is ever live. */
function withoutWrites(broker: BrokerAdapter): BrokerAdapter {
  const never = () => Promise.reject(new Error('a dry run sends nothing'));
  return {
    name: broker.name,
    capabilities: { ...broker.capabilities, push: false },
    instrument: (symbol, signal) => broker.instrument(symbol, signal),
    getOrderStatus: (ref, signal) => broker.getOrderStatus(ref, signal),
    getPositions: (symbols, signal) => broker.getPositions(symbols, signal),
    submitOrder: async () => ({ kind: 'rejected', code: CODE, reason: 'a dry run sends nothing' }),
    cancelOrder: never,
    placeProtection: never,
    ...(broker.getOrderStatuses !== undefined && {
      getOrderStatuses: (refs, signal) => broker.getOrderStatuses?.(refs, signal) ?? Promise.resolve([]),
    }),
    ...(broker.connect !== undefined && { connect: async (signal) => broker.connect?.(signal) }),
    ...(broker.close !== undefined && { close: async () => broker.close?.() }),
    ...(broker.checkMargin !== undefined && {
      checkMargin: async (order, signal) => (await broker.checkMargin?.(order, signal)) ?? 'ok',
    }),
    ...(broker.checkProtection !== undefined && {
      checkProtection: async (request, signal) => (await broker.checkProtection?.(request, signal)) ?? 'ok',
    }),
    ...(broker.quote !== undefined && {
      quote: async (symbol, signal) => (await broker.quote?.(symbol, signal)) ?? {},
    }),
    ...(broker.aliases !== undefined && { aliases: (symbol) => broker.aliases?.(symbol) ?? [] }),
    ...(broker.capacity !== undefined && { capacity: (inFlight) => broker.capacity?.(inFlight) ?? inFlight }),
  };
}
