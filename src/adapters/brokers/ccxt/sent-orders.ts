/**
 * What this process has sent, so that no order is sent twice under one name.
 *
 * Exchanges do not see to it: at most of them a name is free again as soon as its order is closed, and a market order is
 * closed at once.
 *
 * 1. What was accepted, or is known, is not sent again: `duplicate`.
 * 2. What may have arrived is not sent again either, unless `isAbsent` has the exchange's word that it is not there.
 * 3. What certainly did not arrive (`not_sent`, a transient refusal) may be sent again under the same name.
 */
import type { SubmitOutcome } from '../../../domain/ports.js';

export interface SentOrders {
  /** Sends, or says what is known of the name. `isAbsent` is asked when an earlier try may have arrived. */
  once(
    name: string,
    send: () => Promise<SubmitOutcome>,
    isAbsent?: () => Promise<SubmitOutcome | 'absent'>,
  ): Promise<SubmitOutcome>;
  /** Has this process ever sent it? */
  knows(name: string): boolean;
}

type Fate = SubmitOutcome | 'under way';

/** Most names that are kept; the oldest go first. */
const MOST_KEPT = 100_000;

export function sentOrders(): SentOrders {
  const fates = new Map<string, Fate>();

  async function run(name: string, act: () => Promise<SubmitOutcome>): Promise<SubmitOutcome> {
    if (fates.size >= MOST_KEPT) for (const oldest of [...fates.keys()].slice(0, MOST_KEPT / 10)) fates.delete(oldest);
    fates.set(name, 'under way');
    let fate: SubmitOutcome = { kind: 'unknown', cause: 'it ended without an outcome' };
    try {
      fate = await act();
    } finally {
      fates.set(name, fate);
    }
    return fate;
  }

  return {
    knows: (name) => fates.has(name),
    async once(name, send, isAbsent) {
      const fate = fates.get(name);
      if (fate === 'under way') return { kind: 'unknown', cause: 'sent a moment ago, not answered yet' };
      if (fate?.kind === 'accepted' || fate?.kind === 'duplicate') return { kind: 'duplicate' };
      if (fate?.kind === 'rejected' && fate.transient !== true) return fate;
      const mayBeThere = fate?.kind === 'unknown';
      if (mayBeThere && isAbsent === undefined) return { kind: 'unknown', cause: 'sent before; its fate is not known' };
      return run(name, async () => {
        const isCertain = fate?.kind === 'not_sent' || fate?.kind === 'rejected';
        const seen = isAbsent === undefined || isCertain ? 'absent' : await isAbsent();
        return seen === 'absent' ? send() : seen;
      });
    },
  };
}
