/**
 * What the objects on Restate know, as a sweep takes it: who is live, what is held, which exits are watched (M3).
 *
 * 1. It is read by questions, and again before anything is concluded: a symbol in which an execution has come or gone since is
 *    left alone.
 * 2. What the sweep learns of exits counts here at once, and is collected for their objects, which decide.
 */
import type { CaseRegister } from '../actors/cases.js';
import { subtract, sum } from '../domain/decimal.js';
import { exitOf, readExitReport } from '../domain/exits.js';
import type { Clock } from '../domain/ports.js';
import { acceptedIn } from '../engine/accepted.js';
import { type Holdings, heldBy, holdings } from '../engine/holdings.js';
import { type EndedPosition, exitIdsOf } from '../engine/protections.js';
import type { LiveOrder, SweptExecutions, SweptPositions } from '../engine/sweep-parts.js';
import type { ExecutionContext } from '../machines/execution.context.js';
import type { ExecutionFact } from '../machines/execution.facts.js';
import type { ProtectionFact } from '../machines/protection.facts.js';
import { type ExitsState, foldExits } from './exits-life.js';
import type { Ingress } from './ingress.js';
import type { KnownAdvisory } from './kept.js';
import { newLife } from './life.js';
import { ADVISORIES, ALL, DIRECTORY, EXITS, SYMBOLS } from './names.js';
import { EMPTY_BOOK, type SymbolBook } from './symbol-book.js';

export interface SweepKnowledge {
  readonly executions: SweptExecutions;
  readonly protections: SweptPositions;
  readonly holdings: Pick<Holdings, 'expected' | 'heldIn' | 'symbols'>;
  /** Executions that are over and whose order is not known to be closed. */
  readonly uncertain: readonly ExecutionContext[];
  /** Reads all anew. Rejects when Restate does not answer. */
  refresh(): Promise<void>;
  /** A raw report on an exit, by its own id. */
  hear(id: string, raw: unknown): void;
  /** What was learned of exits, by the `clientOrderId` of their entry. */
  readonly heard: ReadonlyMap<string, readonly ProtectionFact[]>;
  /** Symbols whose position could not be compared, while the end of an exit is in doubt. */
  readonly unclear: ReadonlySet<string>;
}

interface SweepKnowledgeParts {
  readonly ingress: Ingress;
  readonly clock: Clock;
  readonly cases: Pick<CaseRegister, 'all'>;
}

const LIMIT_MS = 5_000;
/** Questions to Restate under way at once. */
const AT_ONCE = 8;

export async function sweepKnowledge({ ingress, clock, cases }: SweepKnowledgeParts): Promise<SweepKnowledge> {
  let books = new Map<string, SymbolBook>();
  let held = holdings();
  const positions = new Map<string, ExitsState>();
  /** Held, and its exits have no object yet. */
  let beginning = new Map<string, string>();
  const uncertain = new Map<string, ExecutionContext>();
  const watchers = new Set<(symbol: string) => void>();
  const heard = new Map<string, ProtectionFact[]>();
  const unclear = new Set<string>();
  const at = () => Math.floor(clock.now());

  const ask = <T>(service: string, key: string, handler: string) =>
    ingress.call<T | null>(service, key, handler, null, LIMIT_MS);

  async function refresh(): Promise<void> {
    const symbols = (await ask<readonly string[]>(DIRECTORY, ALL, 'symbols')) ?? [];
    const read = new Map<string, SymbolBook>();
    await inTurns(symbols, async (symbol) => {
      read.set(symbol, (await ask<SymbolBook>(SYMBOLS, symbol, 'book')) ?? EMPTY_BOOK);
    });
    for (const [symbol, book] of read) {
      const hasChanged = (books.get(symbol) ?? EMPTY_BOOK).entered !== book.entered || isLive(book);
      if (hasChanged) for (const tell of [...watchers]) tell(symbol);
    }
    books = read;
    await readPositions();
    await readUncertain();
    held = holdingsNow();
    for (const symbol of beginning.values()) for (const tell of [...watchers]) tell(symbol);
  }

  async function readPositions(): Promise<void> {
    const open = [...books].flatMap(([symbol, { held: entries }]) =>
      Object.entries(entries).map(([id, entry]) => ({ symbol, id, entry })),
    );
    beginning = new Map();
    const ids = new Set(open.map(({ id }) => id));
    for (const id of positions.keys()) if (!ids.has(id)) positions.delete(id);
    const fresh = open.filter(
      ({ id, entry }) => !entry.isOver && !(positions.has(id) && entry.number === told.get(id)),
    );
    await inTurns(fresh, async ({ symbol, id, entry }) => {
      const facts = (await ask<readonly ProtectionFact[]>(EXITS, id, 'facts')) ?? [];
      told.set(id, entry.number);
      if (facts.length === 0) beginning.set(id, symbol);
      else positions.set(id, foldExits([...facts, ...(heard.get(id) ?? [])]));
    });
  }
  /** With which number of its book each position was read. */
  const told = new Map<string, number>();

  async function readUncertain(): Promise<void> {
    const ids = [...new Set([...books.values()].flatMap((book) => book.uncertain))];
    await inTurns(
      ids.filter((id) => !uncertain.has(id)),
      async (advisoryId) => {
        const known = await ask<KnownAdvisory>(ADVISORIES, advisoryId, 'view');
        const facts = (known?.records ?? []).map(({ fact }) => fact as unknown as ExecutionFact);
        const [first] = facts;
        if (first?.type !== 'START') return;
        const life = newLife(first.advisory);
        for (const fact of facts) life.take(fact);
        uncertain.set(advisoryId, life.context);
      },
    );
  }

  function holdingsNow(): Holdings {
    const now = holdings();
    const sizesOf = ({ held: entries }: SymbolBook) =>
      Object.fromEntries(Object.entries(entries).map(([id, { size }]) => [id, size]));
    now.restore({
      baselines: Object.fromEntries([...books].flatMap(([key, book]) => (book.baseline ? [[key, book.baseline]] : []))),
      held: Object.fromEntries([...books].map(([symbol, book]) => [symbol, sizesOf(book)])),
    });
    for (const { context } of positions.values()) now.set(context);
    return now;
  }

  function take(id: string, fact: ProtectionFact): void {
    const stepped = positions.get(id)?.take(fact);
    if (stepped === undefined) return;
    positions.set(id, stepped.state);
    heard.set(id, [...(heard.get(id) ?? []), fact]);
    held.set(stepped.state.context);
  }

  function live(): readonly LiveOrder[] {
    const executions = [...books].flatMap(([symbol, book]) => Object.keys(book.live).map((id) => ({ symbol, id })));
    const starting = [...beginning].map(([id, symbol]) => ({ symbol, id }));
    return [...executions, ...starting].map(({ symbol, id }) => ({ symbol, openIds: [id, ...exitIdsOf(id)] }));
  }

  const watched = (): readonly EndedPosition[] => [...positions.values()].filter(({ isOver }) => !isOver);

  /** What is known of everything else in the symbol, which nobody trades in now. */
  function othersOf({ context }: EndedPosition) {
    const { symbol } = context;
    const rest = subtract(held.expected(symbol), heldBy(context));
    const accepted = acceptedIn(cases.all(), symbol, held.heldIn(symbol));
    return { least: sum([rest, accepted.least]), most: sum([rest, accepted.most]) };
  }

  await refresh();
  return {
    executions: {
      live,
      watch(onLive) {
        watchers.add(onLive);
        return () => void watchers.delete(onLive);
      },
    },
    protections: {
      watched,
      markUnclear: (symbol) => void unclear.add(symbol),
      seen(symbol, size) {
        for (const position of watched()) {
          const { context, state } = position;
          if (context.symbol !== symbol || state !== 'lost') continue;
          const seen = { kind: 'position', size, isOwn: false, others: othersOf(position) } as const;
          take(context.clientOrderId, { type: 'POSITION_SEEN', at: at(), seen });
        }
      },
    },
    holdings: {
      expected: (symbol) => held.expected(symbol),
      heldIn: (symbol) => held.heldIn(symbol),
      symbols: () => held.symbols(),
    },
    get uncertain() {
      return [...uncertain.values()];
    },
    refresh,
    hear(id, raw) {
      const exit = exitOf(id);
      if (exit === undefined) return;
      const report = readExitReport(raw, { clientOrderId: id });
      if (report !== undefined) take(exit.clientOrderId, { type: 'EXIT_REPORT', at: at(), leg: exit.leg, report });
    },
    heard,
    unclear,
  };
}

const isLive = ({ live }: SymbolBook): boolean => Object.keys(live).length > 0;

async function inTurns<Item>(items: readonly Item[], task: (item: Item) => Promise<void>): Promise<void> {
  for (let next = 0; next < items.length; next += AT_ONCE)
    await Promise.all(items.slice(next, next + AT_ONCE).map(task));
}
