/**
 * Answers that come in several messages.
 *
 * 1. A question has an id of its own, and is answered when as many messages have come as were announced, or the last one.
 * 2. A refusal, and an answer that is not complete in time, is an error: no news, never "none".
 */
export interface Collected<Item> {
  /** So many messages make the answer. */
  expect(messages: number): void;
  /** One of them has come; without an item when it holds none that counts. */
  add(item?: Item): void;
  /** It was the last. */
  complete(): void;
  refuse(cause: string): void;
}

export interface Collector<Item> {
  /** Asks by `send`, which tells the sequence number. @throws {Error} when it is refused or not answered */
  ask(signal: AbortSignal, send: (id: string) => number | undefined): Promise<readonly Item[]>;
  /** The open question of that id. */
  at(id: string | undefined): Collected<Item> | undefined;
  /** The message that asked was refused; found by its number or its id. */
  refuse(sequenceNumber: number, id: string, cause: string): void;
  /** The session is gone. */
  lose(cause: string): void;
}

/** @param what is asked for, as an error names it */
export function collector<Item>(what: string, newId: () => string): Collector<Item> {
  const open = new Map<string, Collected<Item>>();
  const bySequenceNumber = new Map<number, string>();

  return {
    ask(signal, send) {
      const id = newId();
      return new Promise<readonly Item[]>((resolve, reject) => {
        const items: Item[] = [];
        let expected = Number.POSITIVE_INFINITY;
        let come = 0;
        let sequenceNumber: number | undefined;
        const end = (): void => {
          open.delete(id);
          if (sequenceNumber !== undefined) bySequenceNumber.delete(sequenceNumber);
          signal.removeEventListener('abort', givenUp);
        };
        const collected: Collected<Item> = {
          expect(messages) {
            expected = messages;
            if (come >= expected) collected.complete();
          },
          add(item) {
            come += 1;
            if (item !== undefined) items.push(item);
            if (come >= expected) collected.complete();
          },
          complete() {
            end();
            resolve(items);
          },
          refuse(cause) {
            end();
            reject(new Error(`FIX: no ${what}: ${cause}`));
          },
        };
        const givenUp = (): void => collected.refuse('no answer in time');
        open.set(id, collected);
        signal.addEventListener('abort', givenUp, { once: true });
        sequenceNumber = send(id);
        if (sequenceNumber === undefined) collected.refuse('the session is not ready');
        else if (open.has(id)) bySequenceNumber.set(sequenceNumber, id);
      });
    },
    at: (id) => open.get(id ?? ''),
    refuse(sequenceNumber, id, cause) {
      open.get(bySequenceNumber.get(sequenceNumber) ?? id)?.refuse(cause);
    },
    lose(cause) {
      for (const collected of [...open.values()]) collected.refuse(cause);
    },
  };
}
