/**
 * Older reports of the order itself, told again: pushes that come late, and queries that a lagging replica answers.
 */
import type { Clock, OrderReport } from 'fillchart';
import type { FaultBroker, OrderScript } from 'fillchart/testing';

/** `back` counts from the newest report that there is: 1 is the one before it. */
export interface StaleReports {
  /** Pushed at T. */
  readonly pushes: readonly { readonly at: number; readonly back: number }[];
  /** By query, from the first on; the rest are answered with the truth. */
  readonly answers: readonly (number | null)[];
}

interface Forgetful {
  readonly broker: FaultBroker;
  /** From now on queries are answered with the truth. */
  stop(): void;
}

export function withStaleReports(
  broker: FaultBroker,
  clock: Clock,
  script: OrderScript,
  { pushes, answers }: StaleReports,
): Forgetful {
  const told: OrderReport[] = [];
  let clientOrderId: string | undefined;
  let queries = 0;
  let isOver = false;

  function note(): void {
    // What never lived at the broker has no reports.
    if (clientOrderId === undefined || script.live === false) return;
    const report = broker.truth(clientOrderId);
    if (report !== undefined) told.push(report);
  }

  function older(back: number): OrderReport | undefined {
    note();
    return told.at(-1 - back);
  }

  function begin(id: string): void {
    if (clientOrderId !== undefined) return;
    clientOrderId = id;
    note();
    for (const { at } of script.fills ?? []) clock.setTimeout(note, at);
    for (const { at, back } of pushes)
      clock.setTimeout(() => {
        const report = older(back);
        if (report !== undefined) broker.push(report);
      }, at);
  }

  const face: FaultBroker = {
    ...broker,
    submitOrder(order, signal) {
      const answer = broker.submitOrder(order, signal);
      begin(order.clientOrderId);
      return answer;
    },
    async getOrderStatus(ref, signal) {
      const back = isOver ? null : (answers[queries] ?? null);
      queries += 1;
      const answer = await broker.getOrderStatus(ref, signal);
      if (back === null || answer === 'not_found') return answer;
      return older(back) ?? answer;
    },
  };
  return {
    broker: face,
    stop: () => {
      isOver = true;
    },
  };
}
