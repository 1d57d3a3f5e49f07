/**
 * One story, killed at every one of its steps: what must be so afterwards, as a list of what is not.
 */

import { type createEngine, type ExecutionResult, executionMachine, FINAL_STATUSES, verifyChain } from 'fillchart';
import { venueTruths } from 'fillchart/testing';
import { createActor } from 'xstate';
import { canonicalJson } from '../../src/domain/canonical.js';
import type { ExecutionFact } from '../../src/machines/execution.facts.js';
import { ADVISORY, type Earth, earth, executed, type Life, type Setting } from './support.js';

export interface Story {
  readonly name: string;
  readonly setting: Setting;
  /** What operators do, by seconds since the start. */
  readonly events?: readonly (readonly [seconds: number, act: (life: Life) => unknown])[];
  /** Submit calls that the story takes by itself. */
  readonly submits?: number;
}

interface Kills {
  readonly kills: number;
  readonly offences: readonly string[];
}

/** How long the process stays down, by turns: not at all, a moment, past every deadline. */
const DOWN_MS = [0, 3_000, 45_000] as const;

/** Kills at each step in turn; `again` also kills at a step of the recovery. */
export async function killedAtEveryStep(
  story: Story,
  { again = false, create }: { again?: boolean; create?: typeof createEngine } = {},
): Promise<Kills> {
  const offences: string[] = [];
  let kills = 0;
  for (let step = 1; ; step += 1) {
    const now = newEarth(story, create);
    const first = await told(story, now, (nth) => nth === step);
    if (first.process.isAlive) return { kills, offences };
    kills += 1;
    await now.clock.advance(DOWN_MS[step % DOWN_MS.length] ?? 0);
    if (again) {
      const second = await told({ ...story, events: [] }, now, (nth) => nth === 1 + ((step * 7) % 45));
      if (!second.process.isAlive) kills += 1;
      else second.process.kill();
      await now.clock.advance(DOWN_MS[kills % DOWN_MS.length] ?? 0);
    }
    const last = await now.start();
    const result = await executed(now, last).catch(() => undefined);
    const found = offencesIn(now, result, story.submits ?? 1);
    offences.push(
      ...found.map((offence) => `${story.name}, killed at step ${step} (${first.diedAt()?.kind}): ${offence}`),
    );
  }
}

function newEarth({ setting }: Story, create: typeof createEngine | undefined): Earth {
  const engine = { pollIntervalMs: 2_000, ...setting.engine };
  return earth({ ...setting, engine, ...(create !== undefined && { createEngine: create }) });
}

async function told({ events = [] }: Story, now: Earth, dies: (nth: number) => boolean): Promise<Life> {
  const life = await now.start((_, nth) => dies(nth));
  if (!life.process.isAlive) return life;
  for (const [seconds, act] of events) {
    now.clock.setTimeout(() => (life.process.isAlive ? act(life) : undefined), seconds * 1_000);
  }
  await executed(now, life);
  return life;
}

function offencesIn(now: Earth, result: ExecutionResult | undefined, submits: number): string[] {
  if (result === undefined) return ['the execution is lost: no result'];
  const demands: readonly (readonly [holds: boolean, otherwise: string])[] = [
    [FINAL_STATUSES.includes(result.status), `the status is ${result.status}`],
    [now.count('submitOrder') <= submits, `${now.count('submitOrder')} submit calls`],
    [venueTruths(now.world.venue).length <= 1, `${venueTruths(now.world.venue).length} orders at the broker`],
    [verifyChain(now.disk.records).ok, 'the chain does not verify'],
    [canonicalJson(result) === replayed(now), 'the replay gives another result'],
    [isProtected(now), 'what was filled is not protected as it should be'],
    [isHonest(now, result), `${result.status} is not what happened`],
  ];
  return demands.filter(([holds]) => !holds).map(([, otherwise]) => otherwise);
}

/** The advisory's facts as they are on the disk, folded through a fresh chart (A3). */
function replayed({ disk }: Earth): string {
  const facts = disk.records
    .filter(({ stream, advisoryId }) => stream === 'execution' && advisoryId === ADVISORY.advisoryId)
    .map(({ fact }) => fact as unknown as ExecutionFact);
  const [first] = facts;
  if (first?.type !== 'START') return 'nothing is on record';
  const actor = createActor(executionMachine, { input: first.advisory });
  actor.start();
  for (const fact of facts) actor.send(fact);
  return canonicalJson(actor.getSnapshot().context.result ?? null);
}

function isProtected({ world }: Earth): boolean {
  return venueTruths(world.venue).every(
    ({ filled, stopLoss, takeProfit }) =>
      filled === '0' || [stopLoss, takeProfit].every((leg) => leg?.isWorking === true && leg.leaves === filled),
  );
}

/** What is told as filled is filled, and what is told as never sent does not live. */
function isHonest({ world }: Earth, { status }: ExecutionResult): boolean {
  const [order] = venueTruths(world.venue);
  if (status === 'REJECTED') return order === undefined;
  return status !== 'FILLED' || Number(order?.filled ?? 0) >= 100;
}
