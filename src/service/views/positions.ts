/**
 * Positions as lists, readiness and limits ask for them again and again: kept in order as they change, not looked through each
 * time.
 *
 * 1. As many as the engine keeps: all that are open, and the latest that are closed, up to {@link SLACK} more.
 */
import type { PositionView } from '../../index.js';
import type { OpenAccount } from '../accounts/account.js';
import { type OrderedList, orderedList, type Placed } from './ordered-list.js';

export interface ListedPosition extends Placed {
  readonly account: string;
  readonly view: PositionView;
}

interface Positions {
  /** Told of each change. */
  saw(account: OpenAccount, view: PositionView): void;
  list(account: OpenAccount): OrderedList<ListedPosition>;
  /** Advisories whose positions are not known to be closed. */
  open(account: OpenAccount): ReadonlySet<string>;
}

/** After so many that have closed, the engine is asked which it keeps. */
const SLACK = 100;

interface Known {
  readonly list: OrderedList<ListedPosition>;
  readonly open: Set<string>;
  closedSince: number;
}

export function positions(): Positions {
  const byEngine = new WeakMap<OpenAccount['engine'], Known>();

  function put({ list, open }: Known, account: string, view: PositionView): void {
    const { advisoryId, openedAt, isOpen } = view;
    list.put({ advisoryId, account, view, place: `${openedAt} ${account} ${advisoryId}` });
    if (isOpen) open.add(advisoryId);
    else open.delete(advisoryId);
  }

  function knownOf({ name, engine }: OpenAccount): Known {
    const before = byEngine.get(engine);
    if (before !== undefined && before.closedSince < SLACK) return before;
    const known: Known = { list: orderedList(), open: new Set(), closedSince: 0 };
    byEngine.set(engine, known);
    for (const view of engine.positions()) put(known, name, view);
    return known;
  }

  return {
    saw(account, view) {
      const known = byEngine.get(account.engine);
      // Nobody has asked yet: whoever does gets it from the engine.
      if (known === undefined) return;
      put(known, account.name, view);
      if (!view.isOpen) known.closedSince += 1;
    },
    list: (account) => knownOf(account).list,
    open: (account) => knownOf(account).open,
  };
}
