/**
 * A service in front of Restate reads the log, whose old pages go: it is told everything once, and misses nothing that is open.
 */
import { virtualClock } from 'fillchart/testing';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { Ingress } from '../../src/restate/ingress.js';
import type { LogEntry } from '../../src/restate/log.js';
import { logHandlers } from '../../src/restate/log-object.js';
import { type Follower, follower } from '../../src/restate/mirror/follower.js';
import { pagesHandlers } from '../../src/restate/pages-object.js';
import { logTo } from '../../src/restate/worker-log.js';
import { fakeRestate } from './fake-restate.js';

const MINUTE_MS = 60_000;
const START = Date.UTC(2026, 0, 1);

function desk() {
  const said: unknown[] = [];
  const say = (_event: unknown, line: unknown): void => void said.push(line);
  const services = { log: logHandlers({ logKeptMs: MINUTE_MS }), pages: pagesHandlers };
  const restate = fakeRestate(services, START, { info: say, warn: say, error: say });
  const clock = virtualClock();
  const ingress: Ingress = {
    call: async (service, key, handler, body) => (await restate.call(service, key, handler, body)) as never,
    attach: () => Promise.reject(new Error('nothing to wait for')),
  };
  const append = async (source: string, from: number, to: number, isOver = false): Promise<void> => {
    const entries = Array.from({ length: to - from + 1 }, (_, index): LogEntry => {
      const number = from + index;
      const audit = [{ event: 'order_submitted', details: { source, number } }] as const;
      const logged = {
        stream: 'protection',
        v: 1,
        at: restate.now,
        fact: { type: 'X', source, number },
        audit,
      } as const;
      return { source, number, logged, ...(isOver && number === to && { isLast: true }) };
    });
    await restate.call('log', 'all', 'append', entries);
  };
  const reader = () => {
    const told: { readonly line: string; readonly seq: number; readonly auditSeq: number }[] = [];
    const follow: Follower = follower({
      ...{ ingress, clock, intervalMs: 100 },
      onRecord(record) {
        const { fact, seq, audit } = record;
        told.push({ line: `${fact['source']} ${fact['number']}`, seq, auditSeq: audit[0]?.seq ?? 0 });
      },
    });
    return { told, follow, lines: () => told.map(({ line }) => line) };
  };
  /** So many runs that are over, and time enough for what is older to go. */
  const fill = async (name: string): Promise<void> => {
    for (let run = 1; run <= 60; run += 1) await append(`${name}${run}`, 1, 10, true);
    await restate.advance(2 * MINUTE_MS);
  };
  return { restate, append, reader, fill, said };
}

describe('a log whose pages go', () => {
  it('A5: who reads on is told everything once; who begins late is told what is open, and what is kept', async () => {
    const { restate, append, reader, fill } = desk();
    await append('open', 1, 3);
    await append('over', 1, 2, true);
    await restate.settle();
    const early = reader();
    for (const name of ['a', 'b', 'c']) {
      await fill(name);
      await early.follow.catchUp();
    }
    await append('open', 4, 4);
    await restate.settle();
    await early.follow.catchUp();
    expect(new Set(early.lines()).size).toBe(early.lines().length);
    expect(early.lines()).toHaveLength(3 + 2 + 3 * 600 + 1);

    const late = reader();
    await late.follow.catchUp();
    expect(late.lines().filter((line) => line.startsWith('open'))).toEqual(['open 1', 'open 2', 'open 3', 'open 4']);
    expect(late.lines().filter((line) => line.startsWith('over'))).toEqual([]);
    expect(late.lines()).toContain('c60 10');
    expect(late.lines()).not.toContain('a1 1');
    // Both give the same places to the same lines.
    const places = new Map(early.told.map(({ line, seq, auditSeq }) => [line, `${seq} ${auditSeq}`]));
    const kept = late.told.filter(({ line }) => line.startsWith('c'));
    expect(kept.map(({ line, seq, auditSeq }) => [line, `${seq} ${auditSeq}`])).toEqual(
      kept.map(({ line }) => [line, places.get(line)]),
    );
  });

  it('a reader that was away for long is told what came meanwhile and is still open', async () => {
    const { append, reader, fill } = desk();
    const away = reader();
    await fill('a');
    await away.follow.catchUp();
    await append('open', 1, 2);
    for (const name of ['b', 'c', 'd']) await fill(name);
    await away.follow.catchUp();
    expect(away.lines().filter((line) => line.startsWith('open'))).toEqual(['open 1', 'open 2']);
    expect(new Set(away.lines()).size).toBe(away.lines().length);
    expect(away.lines()).toContain('d60 10');
  });
});

describe('the log of a worker', () => {
  it('A2: has each audit line once, with its number among all, however often it is brought', async () => {
    const { append, said } = desk();
    await append('one', 1, 2);
    await append('one', 1, 3);
    await append('two', 1, 1);
    expect(said).toMatchObject([
      { seq: 1, event: 'order_submitted', details: { source: 'one', number: 1 } },
      { seq: 2, details: { source: 'one', number: 2 } },
      { seq: 3, details: { source: 'one', number: 3 } },
      { seq: 4, details: { source: 'two', number: 1 } },
    ]);
  });

  it("A2: is written by pino, and not again when Restate runs a handler again; of Restate's own words warnings alone", () => {
    const lines: Record<string, unknown>[] = [];
    const write = (text: string): void => void lines.push(JSON.parse(text));
    const tell = logTo(pino({ base: null, timestamp: false }, { write }));
    const from = (source: string, level: string, replaying = false) => ({ source, level, replaying }) as never;
    tell(from('USER', 'warn'), 'kill_switch_set', { event: 'kill_switch_set', seq: 7 });
    tell(from('USER', 'warn', true), 'kill_switch_set', { event: 'kill_switch_set', seq: 7 });
    tell(from('SYSTEM', 'info'), 'Invocation started');
    tell(from('SYSTEM', 'error'), 'Invocation failed', new Error('cut off'));
    expect(lines).toEqual([
      { level: 40, event: 'kill_switch_set', seq: 7, msg: 'kill_switch_set' },
      { level: 50, more: ['Error: cut off'], msg: 'Invocation failed' },
    ]);
  });
});
