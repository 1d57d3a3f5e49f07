/**
 * The gate of all workers: kill switches and cases, as one object on Restate.
 *
 * 1. Switches and cases stand together, so that one reading tells whether an order may leave (V7, V8), and a release is
 *    judged against the open cases in the same turn (K6).
 * 2. Every change is a fact; what stands is the fold of the facts, by the very code that one process uses.
 * 3. `epoch` counts the facts of the switches. A reading is as old as its epoch says, and no younger.
 * 4. What stands is bounded by what is open, and by the latest of the rest: the history is in pages (K6, M2).
 */

import { caseRegister, type NewCase, type Resolution } from '../actors/cases.js';
import {
  type KillSwitchEvents,
  killSwitchActor,
  type SwitchRelease,
  type SwitchSetting,
} from '../actors/kill-switch.js';
import { type Case, type CaseFact, isOpen, type MismatchPolicy } from '../domain/cases.js';
import type { RecordedFact } from '../domain/journal.js';
import { type Aliases, type SwitchChange, type SwitchView, withChange } from '../domain/kill-switch.js';
import { FillchartError, type ReasonCode } from '../domain/reasons.js';
import { type ReachedLimit, riskHalt } from '../engine/risk-halt.js';
import { FACTS_VERSION } from '../journal/fact-versions.js';
import type { Recorder } from '../journal/recorder.js';
import type { KillSwitchFact } from '../machines/kill-switch.machine.js';
import type { LogEntry } from './log.js';

/** Facts of switches and cases, oldest first. */
interface GateFacts {
  readonly switches: readonly KillSwitchFact[];
  readonly cases: readonly CaseFact[];
}

/** What a worker gets to know of the gate. */
export interface GateReading {
  readonly epoch: number;
  readonly switches: readonly SwitchView[];
  readonly openCases: readonly Case[];
  /** The changes after the epoch that was asked about, oldest first; the latest alone where that is long ago. */
  readonly changes: readonly SwitchChange[];
  /** How the switches stood before these changes, where there were others since. */
  readonly before?: readonly SwitchView[];
}

/** What stands: all that a change or a reading needs, however long the history is. */
export interface GateStanding {
  readonly epoch: number;
  readonly switches: readonly SwitchView[];
  /** The latest changes, oldest first. */
  readonly latest: readonly SwitchChange[];
  /** The switches as they stood before the latest changes. */
  readonly before: readonly SwitchView[];
  /** Cases that there ever were, and their facts. */
  readonly cases: number;
  readonly caseFacts: number;
  readonly openCases: readonly Case[];
  /** The latest of those that were resolved. */
  readonly resolved: readonly Case[];
}

export const NOTHING_STANDS: GateStanding = Object.freeze({
  ...{ epoch: 0, switches: [], latest: [], before: [] },
  ...{ cases: 0, caseFacts: 0, openCases: [], resolved: [] },
});

/** What the worker that makes a change knows of the names of symbols. */
interface SymbolNames {
  readonly aliases?: Aliases | undefined;
  /** Whether broker or advisories know the target of the switch. */
  readonly isKnown?: boolean | undefined;
}

/** What a change has changed, for the history. */
interface Changed {
  /** Each with its number, from 1. */
  readonly switches: readonly (readonly [number: number, change: SwitchChange])[];
  readonly cases: readonly Case[];
}

/** What a change comes to: the new facts, or why nothing changed. */
export type GateOutcome<T = void> =
  | {
      readonly standing: GateStanding;
      readonly value: T;
      readonly changed: Changed;
      readonly news: readonly LogEntry[];
    }
  | { readonly refused: { readonly code: ReasonCode; readonly message: string } };

const MOST_LATEST = 50;
const MOST_RESOLVED = 50;

/** @param since the epoch that the worker has already; 0 for all */
export function readGate({ epoch, switches, openCases, latest, before }: GateStanding, since: number): GateReading {
  const wanted = Math.max(0, epoch - since);
  const changes = wanted === 0 ? [] : latest.slice(-wanted);
  return { epoch, switches, openCases, changes, ...(wanted > latest.length && { before }) };
}

/** @param names whether the target is known, where the broker tells notations (K9) */
export const setSwitch = (
  standing: GateStanding,
  change: SwitchSetting,
  now: number,
  names?: SymbolNames,
): Promise<GateOutcome> => changed(standing, now, ({ killSwitch }) => killSwitch.face.set(change), names);

/** @param names of the symbols with an open case, which keeps the switch on any of them ACTIVE (K6) */
export const releaseSwitch = (
  standing: GateStanding,
  change: SwitchRelease,
  now: number,
  names?: SymbolNames,
): Promise<GateOutcome> => changed(standing, now, ({ killSwitch }) => killSwitch.face.release(change), names);

/** A limit is reached: its switch, unless that stands for the limit already (G3). */
export const haltRisk = (standing: GateStanding, limit: ReachedLimit, now: number): Promise<GateOutcome> =>
  changed(standing, now, async ({ killSwitch }) => {
    const setting = riskHalt(killSwitch.switches, limit);
    if (setting !== undefined) await killSwitch.face.set(setting);
  });

/** Opens a case, or adds to the one that is open for the same matter (M1). Its id is the value. */
export function raiseCase(standing: GateStanding, found: NewCase, now: number): Promise<GateOutcome<string>> {
  return changed(standing, now, async ({ cases, added }) => {
    await cases.raise(found);
    return added.cases.at(-1)?.caseId ?? '';
  });
}

/** @param older a case that was resolved long ago, to be withdrawn (M5) */
export const resolveCase = (
  standing: GateStanding,
  { caseId, by, older }: { readonly caseId: string; readonly by: Resolution; readonly older?: Case | undefined },
  now: number,
): Promise<GateOutcome> =>
  changed(older === undefined ? standing : { ...standing, resolved: [...standing.resolved, older] }, now, ({ cases }) =>
    cases.resolve(caseId, by),
  );

export const isStanding = ({ openCases, resolved }: GateStanding, caseId: string): boolean =>
  [...openCases, ...resolved].some((known) => known.caseId === caseId);

/** Number of a case, from 1. */
export const caseNumber = (caseId: string): number => Number(/^case-(\d+)$/.exec(caseId)?.[1] ?? 0);

/** All cases, oldest first. @param paged as the history has them, which may be a moment behind */
export function allCases(paged: readonly Case[], { openCases, resolved }: GateStanding): readonly Case[] {
  const byId = new Map([...paged, ...resolved, ...openCases].map((known) => [known.caseId, known]));
  return [...byId.values()].sort((one, other) => caseNumber(one.caseId) - caseNumber(other.caseId));
}

/** Every change of a switch (K6), oldest first. @param paged as the history has them, which may be a moment behind */
export const switchHistory = (
  paged: readonly SwitchChange[],
  { epoch, latest }: GateStanding,
): readonly SwitchChange[] => [...paged.slice(0, epoch - latest.length), ...latest];

/** What stands after these facts. */
export function standingAfter({ switches, cases }: GateFacts): GateStanding {
  const known = folded(NOTHING_STANDS, 0);
  for (const fact of switches) known.killSwitch.restore(fact);
  for (const fact of cases) known.cases.restore(fact);
  known.added.switches.push(...switches.map(({ change }) => change));
  known.added.facts += cases.length;
  return standingNow(NOTHING_STANDS, known);
}

interface Folded {
  readonly killSwitch: ReturnType<typeof killSwitchActor>;
  readonly cases: ReturnType<typeof caseRegister>;
  readonly added: {
    readonly switches: SwitchChange[];
    readonly cases: CaseFact[];
    facts: number;
    readonly news: LogEntry[];
  };
}

/** What stands, taken up by the code that one process uses; what is added meanwhile is collected. */
function folded(standing: GateStanding, now: number, { aliases, isKnown }: SymbolNames = {}): Folded {
  const added: Folded['added'] = { switches: [], cases: [], facts: 0, news: [] };
  const policy: MismatchPolicy = 'halt-symbol';
  const time = () => now;
  const recorder = {
    record({ fact, advisoryId, snapshotHash, audit }: Parameters<Recorder['record']>[0]) {
      added.cases.push(fact as CaseFact);
      added.facts += 1;
      const owner = {
        ...(advisoryId !== undefined && { advisoryId }),
        ...(snapshotHash !== undefined && { snapshotHash }),
      };
      const told = { stream: 'case', v: FACTS_VERSION, ...owner, at: now, fact: fact as RecordedFact, audit } as const;
      added.news.push({ source: 'cases', number: standing.caseFacts + added.facts, logged: told });
      return Promise.resolve({ durable: true } as const);
    },
  };
  const cases = caseRegister(recorder, time, policy, aliases);
  cases.restoreAll(allCases([], standing), standing.cases);
  const events: KillSwitchEvents = {
    async onChange(fact, audit) {
      added.switches.push(fact.change);
      const recorded = fact as unknown as RecordedFact;
      const told = { stream: 'kill-switch', v: FACTS_VERSION, at: now, fact: recorded, audit } as const;
      added.news.push({ source: 'switches', number: standing.epoch + added.switches.length, logged: told });
    },
    onListenerError: () => undefined,
    openCase: (target) => cases.openInScope(target)?.caseId,
    aliases,
    ...(isKnown !== undefined && { isKnown: () => isKnown }),
  };
  const killSwitch = killSwitchActor(time, events);
  for (const { since, ...view } of standing.switches)
    killSwitch.restore({ type: 'SET', change: { ...view, time: since, previous: 'OFF', durationMs: 0 } });
  return { killSwitch, cases, added };
}

function standingNow(standing: GateStanding, { killSwitch, cases, added }: Folded): GateStanding {
  const all = [...standing.latest, ...added.switches];
  const old = all.slice(0, Math.max(0, all.length - MOST_LATEST));
  const known = cases.all();
  const opened = Math.max(standing.cases, ...known.map(({ caseId }) => caseNumber(caseId)));
  const byTime = known.filter((one) => !isOpen(one)).toSorted(resolvedBefore);
  return {
    epoch: standing.epoch + added.switches.length,
    switches: killSwitch.switches,
    latest: all.slice(old.length),
    before: old.reduce(withChange, standing.before),
    cases: opened,
    caseFacts: standing.caseFacts + added.facts,
    openCases: known.filter(isOpen),
    resolved: byTime.slice(-MOST_RESOLVED),
  };
}

const resolvedBefore = ({ resolution: one }: Case, { resolution: other }: Case): number =>
  (one?.at ?? '') < (other?.at ?? '') ? -1 : 1;

async function changed<T>(
  standing: GateStanding,
  now: number,
  change: (known: Folded) => Promise<T>,
  names?: SymbolNames,
): Promise<GateOutcome<T>> {
  const known = folded(standing, now, names);
  try {
    const value = await change(known);
    const { switches, cases, news } = known.added;
    const ids = new Set(cases.map(({ caseId }) => caseId));
    return {
      standing: standingNow(standing, known),
      value,
      changed: {
        switches: switches.map((each, index) => [standing.epoch + index + 1, each] as const),
        cases: known.cases.all().filter(({ caseId }) => ids.has(caseId)),
      },
      news,
    };
  } catch (error) {
    if (error instanceof FillchartError) return { refused: { code: error.code, message: error.message } };
    throw error;
  } finally {
    known.killSwitch.close();
  }
}
