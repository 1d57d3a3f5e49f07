/**
 * Lives as pages show them: folded by the chart that runs, lit step by step, played.
 */
import { describe, expect, it } from 'vitest';
import { contextAt, contextRows, litAt, stateAt } from '../../src/browser/chart/lit.js';
import { livesThrough, pickedTransitions } from '../../src/browser/chart/pick.js';
import { newPlayback, played, waitMs } from '../../src/browser/chart/playback.js';
import { readChart } from '../../src/charts/chart.js';
import type { BookChart } from '../../src/charts/interactive/book.js';
import { type DatedFact, type Life, lifeOf } from '../../src/charts/interactive/life.js';
import { at, possibleNext } from '../../src/charts/interactive/possible.js';
import { executionMachine } from '../../src/machines/execution.machine.js';
import { birth, chartStep } from '../../src/testing/laws/folded-life.js';
import { bareFact } from '../../src/testing/paths/path-fact.js';
import { modelPaths } from '../../src/testing/paths/path-model.js';
import { inputFor } from '../../src/testing/paths/profiles.js';

const chart: BookChart = {
  id: 'execution',
  file: 'execution',
  chart: readChart(executionMachine),
  pictures: {},
  kinds: {},
};

/** The first path that ends filled with nothing unusual in it. */
const plain = (): { life: Life; last: ReturnType<typeof birth> } => {
  const path = modelPaths().find(
    ({ facts, profile }) =>
      profile === 'acceptable' && facts.length > 5 && facts.every(({ plan }) => plan.deviation === 0),
  );
  if (path === undefined) throw new Error('there is no plain path');
  const input = inputFor(path.profile);
  let last = birth(input);
  for (const fact of path.facts) last = chartStep(last, fact).after;
  const facts = path.facts.map((fact): DatedFact => ({ fact: bareFact(fact), at: fact.at }));
  return { life: lifeOf(executionMachine, input, facts, { id: 'p', name: 'plain', source: 'path' }), last };
};

const { life, last } = plain();

describe('a life to be played', () => {
  it('A3: has the states, and at its end the context, that the running chart has', () => {
    expect(stateAt(life, 0)).toBe('validating.judging');
    expect(stateAt(life, life.steps.length)).toBe('done');
    expect(contextAt(life, life.steps.length)).toEqual(JSON.parse(JSON.stringify(last.context)));
  });

  it('each step begins where the one before ended, and takes transitions that leave there', () => {
    const byId = new Map(chart.chart.transitions.map((transition) => [transition.id, transition]));
    let state = life.begins;
    for (const step of life.steps) {
      expect(step.from).toBe(state);
      state = step.to;
      const first = byId.get(step.transitions[0] ?? '');
      if (step.from !== step.to) expect(`execution.${step.from}.`.startsWith(`${first?.source}.`)).toBe(true);
    }
  });

  it('tells who said what to whom', () => {
    const said = life.steps.flatMap(({ messages }) => messages.map(({ from, to, kind }) => `${from}>${to} ${kind}`));
    expect(said[0]).toBe('operator>engine call');
    expect(said).toContain('engine>broker call');
    expect(said).toContain('broker>engine answer');
    expect(said.at(-1)).toBe('engine>operator answer');
  });

  it('carries only what changed, not the whole context again', () => {
    const whole = JSON.stringify(contextAt(life, life.steps.length)).length;
    for (const { changes } of life.steps.slice(1)) expect(JSON.stringify(changes).length).toBeLessThan(whole);
    const rows = contextRows(life, life.steps.length);
    expect(rows.some(({ isNew }) => isNew)).toBe(true);
    expect(rows.some(({ isNew }) => !isNew)).toBe(true);
  });
});

describe('what is lit', () => {
  it('the active states from the outside in, and the way that led there', () => {
    const index = life.steps.findIndex(({ to }) => to.startsWith('pending.'));
    const lit = litAt(chart, life, index + 1);
    expect(lit.active[0]).toBe('execution.pending');
    expect(lit.active).toHaveLength(2);
    expect(lit.visited.has('execution.validating')).toBe(true);
    expect(lit.visited.has('execution.done')).toBe(false);
    expect([...lit.last].every((id) => lit.taken.has(id))).toBe(true);
    expect(lit.possible.size).toBeGreaterThan(0);
  });

  it('T1: what may come next says when the deadline falls, and why a fill is not whole yet', () => {
    const index = life.steps.findIndex(({ to }) => to.startsWith('pending.'));
    const context = contextAt(life, index + 1);
    const submitted = Number(at(context, 'firstSubmitAt'));
    const state = stateAt(life, index + 1);
    const next = possibleNext(chart.chart, { state, context, now: submitted + 12_500 });
    expect(next.find(({ deadline }) => deadline === 'hardTimeout')?.whyNotYet).toBe('Due in 17.5 s.');
    expect(next.find(({ event }) => event === 'ORDER_REPORT')?.whyNotYet).toBe('Filled 0 of 100.');
    expect(next.find(({ event }) => event === 'SUBMIT_OUTCOME')?.whyNotYet).toMatch(/^The submit call /);
    expect(next.find(({ event }) => event === 'KILL_SWITCH')?.whyNotYet).toMatch(/^No kill switch/);
  });

  it('nothing may follow the final state', () => {
    const moment = { state: 'done', context: contextAt(life, life.steps.length), now: 0 };
    const events = possibleNext(chart.chart, moment).filter(({ targets }) => targets.length > 0);
    expect(events).toEqual([]);
  });
});

describe('choosing', () => {
  it('a state names the transitions that leave it, and the lives that pass through it', () => {
    const pick = { kind: 'state', id: 'execution.pending' } as const;
    expect(pickedTransitions(chart, pick).length).toBeGreaterThan(3);
    const inside = new Set(['execution.pending.open', 'execution.pending.placing', 'execution.pending.locating']);
    expect(livesThrough([life], pick, inside, 5).count).toBe(1);
    expect(livesThrough([life], pick, new Set(['execution.timeout.looking']), 5).count).toBe(0);
  });

  it('an arrow names the lives that take it', () => {
    const [taken = ''] = life.steps[0]?.transitions ?? [];
    expect(livesThrough([life], { kind: 'transitions', ids: [taken] }, new Set(), 5).count).toBe(1);
    expect(livesThrough([life], { kind: 'transitions', ids: ['other'] }, new Set(), 5).count).toBe(0);
  });
});

describe('playing', () => {
  const length = 3;
  it('plays to the end and stands still there; playing again begins at the beginning', () => {
    let state = played(newPlayback(), { type: 'play' }, length);
    for (let tick = 0; tick < 5; tick += 1) state = played(state, { type: 'tick' }, length);
    expect(state).toMatchObject({ count: 3, isPlaying: false });
    expect(played(state, { type: 'play' }, length)).toMatchObject({ count: 0, isPlaying: true });
  });

  it('a step, a seek or a pause by hand stops it; a tick that comes late changes nothing', () => {
    const playing = played(newPlayback(), { type: 'play' }, length);
    for (const action of [{ type: 'next' }, { type: 'seek', count: 2 }, { type: 'pause' }] as const) {
      const stopped = played(playing, action, length);
      expect(stopped.isPlaying).toBe(false);
      expect(played(stopped, { type: 'tick' }, length)).toEqual(stopped);
    }
    expect(played(newPlayback(3), { type: 'next' }, length).count).toBe(3);
    expect(played(newPlayback(0), { type: 'previous' }, length).count).toBe(0);
  });

  it('waits as long as it took, within what is pleasant, at the speed that is chosen', () => {
    const waits = life.steps.map((_, count) => waitMs(life, newPlayback(count)));
    for (const ms of waits) expect(ms >= 450 && ms <= 1_600).toBe(true);
    expect(waitMs(life, { ...newPlayback(0), speed: 2 })).toBe(waitMs(life, newPlayback(0)) / 2);
  });
});
