/**
 * The gate of all workers: kill switches and cases, as one object on Restate.
 *
 * 1. Switches and cases stand together, so that one reading tells whether an order may leave (V7, V8), and a release is
 *    judged against the open cases in the same turn (K6).
 * 2. Every change is a fact; what stands is the fold of the facts, by the very code that one process uses.
 * 3. `epoch` counts the facts of the switches. A reading is as old as its epoch says, and no younger.
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
import type { SwitchChange, SwitchView } from '../domain/kill-switch.js';
import { FillchartError, type ReasonCode } from '../domain/reasons.js';
import { type ReachedLimit, riskHalt } from '../engine/risk-halt.js';
import { FACTS_VERSION } from '../journal/fact-versions.js';
import type { Recorder } from '../journal/recorder.js';
import type { KillSwitchFact } from '../machines/kill-switch.machine.js';
import type { LogEntry } from './log.js';

/** What the object keeps: facts, oldest first. */
export interface GateFacts {
  readonly switches: readonly KillSwitchFact[];
  readonly cases: readonly CaseFact[];
}

export const NO_FACTS: GateFacts = Object.freeze({ switches: [], cases: [] });

/** What a worker gets to know of the gate. */
export interface GateReading {
  readonly epoch: number;
  readonly switches: readonly SwitchView[];
  readonly openCases: readonly Case[];
  /** The changes after the epoch that was asked about, oldest first. */
  readonly changes: readonly SwitchChange[];
}

/** What stands, kept beside the facts: what a reading needs and no more, however long the history is. */
export interface GateStanding {
  readonly epoch: number;
  readonly switches: readonly SwitchView[];
  readonly openCases: readonly Case[];
  /** The latest changes, oldest first. */
  readonly latest: readonly SwitchChange[];
}

export const NOTHING_STANDS: GateStanding = Object.freeze({ epoch: 0, switches: [], openCases: [], latest: [] });

/** What a change comes to: the new facts, or why nothing changed. */
export type GateOutcome<T = void> =
  | { readonly facts: GateFacts; readonly value: T; readonly news: readonly LogEntry[] }
  | { readonly refused: { readonly code: ReasonCode; readonly message: string } };

const MOST_LATEST = 50;

export function standingOf(facts: GateFacts): GateStanding {
  const { killSwitch, cases } = folded(facts, 0);
  return {
    epoch: facts.switches.length,
    switches: killSwitch.switches,
    openCases: cases.all().filter(isOpen),
    latest: switchHistory(facts).slice(-MOST_LATEST),
  };
}

/** @returns `undefined` when the changes go further back than what stands: they are among the facts then */
export function readingSince(standing: GateStanding, since: number): GateReading | undefined {
  const { epoch, switches, openCases, latest } = standing;
  const wanted = Math.max(0, epoch - since);
  return wanted > latest.length
    ? undefined
    : { epoch, switches, openCases, changes: latest.slice(latest.length - wanted) };
}

/** @param since the epoch that the worker has already; 0 for all */
export function readGate(facts: GateFacts, since: number): GateReading {
  const { epoch, switches, openCases } = standingOf(facts);
  return { epoch, switches, openCases, changes: switchHistory(facts).slice(since) };
}

export const setSwitch = (facts: GateFacts, change: SwitchSetting, now: number): Promise<GateOutcome> =>
  changed(facts, now, ({ killSwitch }) => killSwitch.face.set(change));

export const releaseSwitch = (facts: GateFacts, change: SwitchRelease, now: number): Promise<GateOutcome> =>
  changed(facts, now, ({ killSwitch }) => killSwitch.face.release(change));

/** A limit is reached: its switch, unless that stands for the limit already (G3). */
export const haltRisk = (facts: GateFacts, limit: ReachedLimit, now: number): Promise<GateOutcome> =>
  changed(facts, now, async ({ killSwitch }) => {
    const setting = riskHalt(killSwitch.switches, limit);
    if (setting !== undefined) await killSwitch.face.set(setting);
  });

/** Opens a case, or adds to the one that is open for the same matter (M1). Its id is the value. */
export function raiseCase(facts: GateFacts, found: NewCase, now: number): Promise<GateOutcome<string>> {
  return changed(facts, now, async ({ cases, added }) => {
    await cases.raise(found);
    const opened = added.cases.at(-1);
    return opened?.caseId ?? '';
  });
}

export const resolveCase = (
  facts: GateFacts,
  { caseId, by }: { readonly caseId: string; readonly by: Resolution },
  now: number,
): Promise<GateOutcome> => changed(facts, now, ({ cases }) => cases.resolve(caseId, by));

/** All cases, open and resolved, oldest first. */
export const allCases = (facts: GateFacts): readonly Case[] => folded(facts, 0).cases.all();

/** Every change of a switch (K6), oldest first. */
export const switchHistory = (facts: GateFacts): readonly SwitchChange[] => facts.switches.map(({ change }) => change);

interface Folded {
  readonly killSwitch: ReturnType<typeof killSwitchActor>;
  readonly cases: ReturnType<typeof caseRegister>;
  readonly added: { readonly switches: KillSwitchFact[]; readonly cases: CaseFact[]; readonly news: LogEntry[] };
}

/** The facts, taken up by the code that one process uses; what is added meanwhile is collected. */
function folded(facts: GateFacts, now: number): Folded {
  const added: Folded['added'] = { switches: [], cases: [], news: [] };
  const policy: MismatchPolicy = 'halt-symbol';
  const time = () => now;
  const recorder = {
    record({ fact, advisoryId, snapshotHash, audit }: Parameters<Recorder['record']>[0]) {
      added.cases.push(fact as CaseFact);
      const number = facts.cases.length + added.cases.length;
      const owner = {
        ...(advisoryId !== undefined && { advisoryId }),
        ...(snapshotHash !== undefined && { snapshotHash }),
      };
      const logged = {
        stream: 'case',
        v: FACTS_VERSION,
        ...owner,
        at: now,
        fact: fact as RecordedFact,
        audit,
      } as const;
      added.news.push({ source: 'cases', number, logged });
      return Promise.resolve({ durable: true } as const);
    },
  };
  const cases = caseRegister(recorder, time, policy);
  for (const fact of facts.cases) cases.restore(fact);
  const events: KillSwitchEvents = {
    async onChange(fact, audit) {
      added.switches.push(fact);
      const number = facts.switches.length + added.switches.length;
      const logged = {
        stream: 'kill-switch',
        v: FACTS_VERSION,
        at: now,
        fact: fact as unknown as RecordedFact,
        audit,
      } as const;
      added.news.push({ source: 'switches', number, logged });
    },
    onListenerError: () => undefined,
    openCase: (target) => cases.openInScope(target)?.caseId,
  };
  const killSwitch = killSwitchActor(time, events);
  for (const fact of facts.switches) killSwitch.restore(fact);
  return { killSwitch, cases, added };
}

async function changed<T>(
  facts: GateFacts,
  now: number,
  change: (known: Folded) => Promise<T>,
): Promise<GateOutcome<T>> {
  const known = folded(facts, now);
  try {
    const value = await change(known);
    const { switches, cases, news } = known.added;
    return {
      facts: { switches: [...facts.switches, ...switches], cases: [...facts.cases, ...cases] },
      value,
      news,
    };
  } catch (error) {
    if (error instanceof FillchartError) return { refused: { code: error.code, message: error.message } };
    throw error;
  } finally {
    known.killSwitch.close();
  }
}
