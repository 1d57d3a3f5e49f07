/**
 * The host of one position's exits: between the chart, which decides, and what it asks for.
 *
 * 1. A fact that changes nothing, and asks for nothing that is not told by then, is dropped; every other is recorded (A3).
 * 2. Nothing here writes to the broker, so nothing waits for the journal.
 * 3. Listeners hear of a fact after what it caused is on its way (E6).
 * 4. Facts that very many positions hear at once are taken in slices, after what may lead to a cancel or a protection. Whoever
 *    looks at a position sees all that came to it, in order.
 */
import type { AuditEntry } from '../domain/audit.js';
import { toldOf } from '../domain/cases.js';
import { add, ZERO } from '../domain/decimal.js';
import { type ExitLeg, exitIdOf, readExitReport } from '../domain/exits.js';
import type { Clock, OrderRef } from '../domain/ports.js';
import { causeOf } from '../domain/reading.js';
import type { Recorder } from '../journal/recorder.js';
import { type RefoldedProtection, reopenedBy } from '../journal/refold-protection.js';
import type { ProtectionCommand, ProtectionCommandOf } from '../machines/protection.commands.js';
import type { ProtectionContext } from '../machines/protection.context.js';
import type { ProtectionDeadlineName, ProtectionFact, SeenPosition } from '../machines/protection.facts.js';
import { type PositionState, type ProtectionSnapshot, positionState } from '../machines/protection.state.js';
import { newProtectionState, type Step, step } from '../machines/step.js';
import type { CaseRegister } from './cases.js';
import type { EngineTime } from './engine-time.js';
import { withoutTold } from './exit-cases.js';
import type { ExitWatch } from './exit-watch.js';
import { type Inbox, inbox } from './inbox.js';
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
  /** Takes recorded facts without acting on them (A3). */
  replay(facts: readonly ProtectionFact[]): Replayed;
  /** Ends the process' part in it. */
  abandon(): void;
}

/** The cases that recorded facts ask for, and how much that was closed the venue has opened again. */
type Replayed = Pick<RefoldedProtection, 'asked' | 'reopened'>;

export const protectionHost = (services: ProtectionServices): ProtectionHost => new Position(services);

/** What it has of its own are a few fields: very many positions are open at once. */
class Position implements ProtectionHost {
  readonly #services: ProtectionServices;
  readonly #facts: Inbox<ProtectionFact>;
  #timers: Map<ProtectionDeadlineName, unknown> | undefined;
  #now: ProtectionSnapshot = newProtectionState();
  #isAbandoned = false;
  #hasFailed = false;
  #isAsking = false;

  constructor(services: ProtectionServices) {
    this.#services = services;
    this.#facts = inbox(services.turns, (fact) => this.#take(fact));
  }

  get context(): ProtectionContext {
    return this.#upToDate().context;
  }

  get state(): PositionState {
    return positionState(this.#upToDate());
  }

  get isOver(): boolean {
    return this.#upToDate().status !== 'active' || this.#hasFailed;
  }

  send(fact: ProtectionFact): void {
    this.#facts.put(fact, URGENCY[fact.type]);
  }

  report(leg: ExitLeg, raw: unknown): void {
    const report = readExitReport(raw, { clientOrderId: exitIdOf(this.#now.context.clientOrderId, leg) });
    if (report !== undefined) this.send({ type: 'EXIT_REPORT', at: this.#services.time(), leg, report });
  }

  replay(recorded: readonly ProtectionFact[]): Replayed {
    const before = this.#now.context;
    const asked: ProtectionCommandOf<'openCase'>[] = [];
    let reopened = ZERO;
    for (const fact of recorded) {
      const taken = this.#hasFailed ? undefined : this.#attemptStep(this.#now, fact);
      const { context } = this.#now;
      this.#now = taken?.state ?? this.#now;
      reopened = add(reopened, reopenedBy(context, this.#now.context));
      asked.push(...(taken?.commands ?? []).filter((command) => command.type === 'openCase'));
    }
    this.#services.onChange(this, before);
    return { asked, reopened };
  }

  abandon(): void {
    // What is known by now is not lost (A6).
    this.#facts.takeAll();
    this.#isAbandoned = true;
    this.#clearTimers();
  }

  #upToDate(): ProtectionSnapshot {
    this.#facts.takeAll();
    return this.#now;
  }

  #take(fact: ProtectionFact): void {
    const known = this.#now;
    if (this.#isAbandoned || this.#hasFailed || known.status !== 'active') return;
    const before = known.context;
    const taken = this.#attemptStep(known, fact);
    if (taken === undefined) return;
    const commands = withoutTold(taken.commands, () => toldOf(this.#services.cases.all(), before.advisoryId));
    if (taken.state === known && commands.length === 0) return;
    const { audit } = taken;
    this.#now = taken.state;
    const { advisoryId, snapshotHash } = taken.state.context;
    const { recorder, onChange, onAudit } = this.#services;
    void recorder.record({ stream: 'protection', advisoryId, snapshotHash, at: fact.at, fact, audit });
    for (const command of commands) this.#perform(command);
    onChange(this, before);
    onAudit?.(audit, fact.at);
  }

  /** A chart that throws stands still from there: nothing of it can be relied on any more. */
  #attemptStep(
    known: ProtectionSnapshot,
    fact: ProtectionFact,
  ): Step<ProtectionSnapshot, ProtectionCommand> | undefined {
    try {
      return step(known, fact);
    } catch (error) {
      this.#hasFailed = true;
      this.#services.recorder.say('error', { cause: causeOf(error) }, "the exits' chart failed");
      return undefined;
    }
  }

  #perform(command: ProtectionCommand): void {
    const { clientOrderId, advisoryId, snapshotHash, symbol } = this.#now.context;
    const { watch, cases } = this.#services;
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
        void this.#ask();
        break;
      case 'scheduleDeadline':
        this.#schedule(command.name, command.at);
        break;
      case 'openCase': {
        const { kind, mismatches } = command;
        void cases.raise({ kind, symbol, advisoryId, snapshotHash, mismatches });
        break;
      }
      case 'finish':
        this.#clearTimers();
    }
  }

  /** One question at a time: an answer that is under way serves whoever asks meanwhile. */
  async #ask(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const seen = await this.#services.askPosition(this.#now.context);
    this.#isAsking = false;
    this.send({ type: 'POSITION_SEEN', at: this.#services.time(), seen });
  }

  #schedule(name: ProtectionDeadlineName, at: number): void {
    const { clock, time } = this.#services;
    this.#timers ??= new Map();
    const timers = this.#timers;
    const known = timers.get(name);
    if (known !== undefined) clock.clearTimeout(known);
    const fire = () => {
      if (time() < at) return this.#schedule(name, at);
      timers.delete(name);
      this.send({ type: 'DEADLINE', at: time(), name });
    };
    timers.set(name, clock.setTimeout(fire, Math.max(0, at - time())));
  }

  #clearTimers(): void {
    for (const timer of this.#timers?.values() ?? []) this.#services.clock.clearTimeout(timer);
    this.#timers = undefined;
  }
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
