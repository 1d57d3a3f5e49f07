/**
 * The venue's orders in every version, and the log of what happened to them.
 *
 * 1. Time is the clock's monotonic time; what was planned for a time is dated with that time, however late it is looked at.
 * 2. Listeners hear of each event in order. While somebody listens, the clock wakes the venue for what is planned next;
 *    else nothing happens until somebody asks, and the answer is the same.
 */
import type { Clock } from '../../domain/ports.js';
import { type Agenda, agenda } from './agenda.js';
import { isOver, type VenueEvent, type VenueFill, type VenueOrder } from './venue-order.js';

export type VenueListener = (event: VenueEvent) => void;

export class OrderStore {
  readonly events: VenueEvent[] = [];
  readonly #versions = new Map<string, VenueOrder[]>();
  readonly #byClientId = new Map<string, string[]>();
  readonly #bySymbol = new Map<string, string[]>();
  readonly #open = new Map<string, VenueOrder>();
  readonly #agenda: Agenda = agenda();
  readonly #listeners = new Set<VenueListener>();
  #armedFor: number | undefined;

  constructor(readonly clock: Clock) {}

  /** Monotonic ms: of what is being carried out, else now. */
  get at(): number {
    return this.#agenda.actingAt ?? this.clock.monotonic();
  }

  /** How many orders there ever were. */
  get count(): number {
    return this.#versions.size;
  }

  /** Carries out what is due. */
  settle(): void {
    this.#agenda.carryOut(this.clock.monotonic());
    this.#arm();
  }

  plan(at: number, act: () => void): void {
    if (!Number.isFinite(at)) return;
    this.#agenda.add(at, act);
    this.#arm();
  }

  listen(listener: VenueListener): () => void {
    this.#listeners.add(listener);
    this.#arm();
    return () => this.#listeners.delete(listener);
  }

  #arm(): void {
    const { nextAt } = this.#agenda;
    if (this.#listeners.size === 0 || nextAt === undefined || this.#agenda.actingAt !== undefined) return;
    if (this.#armedFor !== undefined && this.#armedFor <= nextAt) return;
    this.#armedFor = nextAt;
    this.clock.setTimeout(
      () => {
        if (this.#armedFor === nextAt) this.#armedFor = undefined;
        this.settle();
      },
      Math.max(0, nextAt - this.clock.monotonic()),
    );
  }

  /** The order as it stands, or as it stood. */
  get(id: string, at?: number): VenueOrder | undefined {
    const versions = this.#versions.get(id);
    return at === undefined ? versions?.at(-1) : versions?.findLast(({ updatedAt }) => updatedAt <= at);
  }

  versions(id: string): readonly VenueOrder[] {
    return this.#versions.get(id) ?? [];
  }

  /** All orders with a client's id, the oldest first. */
  named(clientOrderId: string, at?: number): readonly VenueOrder[] {
    return this.#each(this.#byClientId.get(clientOrderId) ?? [], at);
  }

  ofSymbol(symbol: string, at?: number): readonly VenueOrder[] {
    return this.#each(this.#bySymbol.get(symbol) ?? [], at);
  }

  all(at?: number): readonly VenueOrder[] {
    return this.#each([...this.#versions.keys()], at);
  }

  #each(ids: readonly string[], at: number | undefined): readonly VenueOrder[] {
    return ids.map((id) => this.get(id, at)).filter((order) => order !== undefined);
  }

  /** Orders that are not over, the oldest first. */
  open(): readonly VenueOrder[] {
    return [...this.#open.values()];
  }

  /** Keeps a new version, and tells of it. The version is dated here. */
  put(order: VenueOrder, kind: VenueEvent['kind'], fill?: VenueFill): VenueOrder {
    const version: VenueOrder = { ...order, updatedAt: this.at };
    const versions = this.#versions.get(order.id);
    if (versions === undefined) {
      this.#versions.set(order.id, [version]);
      append(this.#byClientId, order.clientOrderId, order.id);
      append(this.#bySymbol, order.symbol, order.id);
    } else versions.push(version);
    if (isOver(version)) this.#open.delete(order.id);
    else this.#open.set(order.id, version);
    const sequence = this.events.length + 1;
    const event: VenueEvent = {
      sequence,
      at: version.updatedAt,
      kind,
      executionId: kind === 'trade' && fill !== undefined ? fill.id : `X-${sequence}`,
      order: version,
      ...(fill !== undefined && { fill }),
    };
    this.events.push(event);
    for (const listener of [...this.#listeners]) listener(event);
    return version;
  }
}

function append(lists: Map<string, string[]>, key: string, id: string): void {
  const known = lists.get(key);
  if (known === undefined) lists.set(key, [id]);
  else known.push(id);
}
