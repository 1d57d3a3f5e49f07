/**
 * The host of one position's exits: between the chart, which decides, and what it asks for.
 *
 * 1. A fact that says nothing new is dropped before the chart; every other is given to the chart, then recorded (A3).
 * 2. Nothing here writes to the broker, so nothing waits for the journal.
 * 3. Listeners hear of a fact after what it caused is on its way (E6).
 * 4. Facts that very many positions hear at once are taken in slices, after what may lead to a cancel or a protection. Whoever
 *    looks at a position sees all that came to it, in order.
 */
import type { AuditEntry } from '../domain/audit.js';
import { type ExitLeg, exitIdOf, readExitReport } from '../domain/exits.js';
import type { Clock, OrderRef } from '../domain/ports.js';
import { causeOf } from '../domain/reading.js';
import type { Recorder } from '../journal/recorder.js';
import type { ProtectionCommand, ProtectionCommandOf } from '../machines/protection.commands.js';
import type { ProtectionContext } from '../machines/protection.context.js';
import type { ProtectionDeadlineName, ProtectionFact, SeenPosition } from '../machines/protection.facts.js';
import { type PositionState, type ProtectionSnapshot, positionState } from '../machines/protection.state.js';
import { newProtectionState, step } from '../machines/step.js';
import type { CaseRegister } from './cases.js';
import type { EngineTime } from './engine-time.js';
import type { ExitWatch } from './exit-watch.js';
import { inbox } from './inbox.js';
import type { Turns, Urgency } from './turns.js';

export interface ProtectionServices {
  readonly clock: Clock;
  readonly time: EngineTime;
  readonly recorder: Recorder;
  readonly cases: CaseRegister;
  readonly watch: ExitWatch;
  /** Who has the event loop when very many hear of something at once. */
  readonly turns: Turns;
  /** One position query. */
  readonly askPosition: (context: ProtectionContext) => Promise<SeenPosition>;
  readonly onChange: (host: ProtectionHost, before: ProtectionContext) => void;
  /** Told what was recorded, in the turn in which it was. */
  readonly onAudit?: ((audit: readonly AuditEntry[], at: number) => void) | undefined;
}

export interface ProtectionHost {
  readonly context: ProtectionContext;
  readonly state: PositionState;
  /** Nothing is left to watch. */
  readonly isOver: boolean;
  send(fact: ProtectionFact): void;
  /** A raw report on one of the exits, from a poll or a push. */
  report(leg: ExitLeg, raw: unknown): void;
  /** Takes recorded facts without acting on them (A3); returns the cases that they ask for. */
  replay(facts: readonly ProtectionFact[]): readonly ProtectionCommandOf<'openCase'>[];
  /** Ends the process' part in it. */
  abandon(): void;
}

export function protectionHost(services: ProtectionServices): ProtectionHost {
  const { clock, time, recorder, cases, watch, askPosition, onChange } = services;
  let state = newProtectionState();
  const timers = new Map<ProtectionDeadlineName, unknown>();
  let isAbandoned = false;
  let hasFailed = false;
  let isAsking = false;
  const now = () => state;
  const facts = inbox(services.turns, take);
  const send = (fact: ProtectionFact) => facts.put(fact, URGENCY[fact.type]);
  const upToDate = () => {
    facts.takeAll();
    return state;
  };

  function take(fact: ProtectionFact): void {
    if (isAbandoned || hasFailed || state.status !== 'active') return;
    const known = state;
    const before = known.context;
    const taken = attemptStep(known, fact);
    if (taken === undefined || (taken.state === known && taken.commands.length === 0)) return;
    const { commands, audit } = taken;
    state = taken.state;
    const { advisoryId, snapshotHash } = now().context;
    void recorder.record({ stream: 'protection', advisoryId, snapshotHash, at: fact.at, fact, audit });
    for (const command of commands) perform(command);
    onChange(host, before);
    services.onAudit?.(audit, fact.at);
  }

  /** A chart that throws stands still from there: nothing of it can be relied on any more. */
  function attemptStep(known: ProtectionSnapshot, fact: ProtectionFact) {
    try {
      return step(known, fact);
    } catch (error) {
      hasFailed = true;
      recorder.say('error', { cause: causeOf(error) }, "the exits' chart failed");
      return undefined;
    }
  }

  function perform(command: ProtectionCommand): void {
    const { clientOrderId, advisoryId, snapshotHash, symbol } = now().context;
    switch (command.type) {
      case 'watchExits':
        watch.watch(clientOrderId, refsOf(command), command.isSoon);
        break;
      case 'unwatchExits':
        watch.unwatch(clientOrderId);
        break;
      case 'queryExits':
        void watch.query(refsOf(command));
        break;
      case 'askPosition':
        void ask();
        break;
      case 'scheduleDeadline':
        schedule(command.name, command.at);
        break;
      case 'openCase': {
        const { kind, mismatches } = command;
        void cases.raise({ kind, symbol, advisoryId, snapshotHash, mismatches });
        break;
      }
      case 'finish':
        clearTimers();
    }
  }

  /** One question at a time: an answer that is under way serves whoever asks meanwhile. */
  async function ask(): Promise<void> {
    if (isAsking) return;
    isAsking = true;
    const seen = await askPosition(now().context);
    isAsking = false;
    send({ type: 'POSITION_SEEN', at: time(), seen });
  }

  function schedule(name: ProtectionDeadlineName, at: number): void {
    const known = timers.get(name);
    if (known !== undefined) clock.clearTimeout(known);
    const fire = () => {
      if (time() < at) return schedule(name, at);
      timers.delete(name);
      send({ type: 'DEADLINE', at: time(), name });
    };
    timers.set(name, clock.setTimeout(fire, Math.max(0, at - time())));
  }

  function clearTimers(): void {
    for (const timer of timers.values()) clock.clearTimeout(timer);
    timers.clear();
  }

  const host: ProtectionHost = {
    get context() {
      return upToDate().context;
    },
    get state() {
      return positionState(upToDate());
    },
    get isOver() {
      return upToDate().status !== 'active' || hasFailed;
    },
    send,
    report(leg, raw) {
      const report = readExitReport(raw, { clientOrderId: exitIdOf(now().context.clientOrderId, leg) });
      if (report !== undefined) send({ type: 'EXIT_REPORT', at: time(), leg, report });
    },
    replay(recorded) {
      const before = now().context;
      const asked: ProtectionCommandOf<'openCase'>[] = [];
      for (const fact of recorded) {
        const taken = hasFailed ? undefined : attemptStep(state, fact);
        state = taken?.state ?? state;
        asked.push(...(taken?.commands ?? []).filter((command) => command.type === 'openCase'));
      }
      onChange(host, before);
      return asked;
    },
    abandon() {
      // What is known by now is not lost (A6).
      facts.takeAll();
      isAbandoned = true;
      clearTimers();
    },
  };
  return host;
}

/** None of them leads to a cancel or a protection. What begins a position, or goes on with it, is part of what is done in this turn. */
const URGENCY: { readonly [Type in ProtectionFact['type']]: Urgency | 'now' } = {
  START: 'now',
  RECOVERED: 'now',
  EXIT_REPORT: 'book',
  EXIT_ABSENT: 'book',
  POSITION_SEEN: 'book',
  DEADLINE: 'book',
};

const refsOf = ({ exits }: ProtectionCommandOf<'watchExits' | 'queryExits'>): readonly OrderRef[] =>
  exits.map(({ ref }) => ref);
