/**
 * What was asked and is not answered yet.
 *
 * 1. An answer finds its question by the order's id, or by the sequence number of the message that asked.
 * 2. Each question ends once: by its answer, by the end of the session, or when its caller gives up.
 */
import type { Heard } from './classify.js';

export type Question = 'order' | 'cancel' | 'status';

interface Asked {
  readonly question: Question;
  /** The order's id; for a cancel, the cancel's. */
  readonly id: string;
  sequenceNumber: number | undefined;
  settle(heard: Heard): void;
}

export interface Pending {
  /** Asks by `send`, which tells the sequence number; resolves with what is heard. */
  ask(question: Question, id: string, signal: AbortSignal, send: () => number | undefined): Promise<Heard>;
  /** Answers all questions of a kind about an id. */
  answer(question: Question, id: string, heard: Heard): void;
  /** Answers the question that a message asked; which kind it was, or `undefined` when none did. */
  answerMessage(sequenceNumber: number, heard: Heard): Question | undefined;
  /** The session is gone. */
  lose(cause: string): void;
}

export function pendingQuestions(): Pending {
  const open = new Set<Asked>();

  return {
    ask(question, id, signal, send) {
      return new Promise((resolve) => {
        const givenUp = (): void => asked.settle({ kind: 'lost', cause: 'no answer in time' });
        const asked: Asked = {
          question,
          id,
          sequenceNumber: undefined,
          settle(heard) {
            open.delete(asked);
            signal.removeEventListener('abort', givenUp);
            resolve(heard);
          },
        };
        // Before it is sent: the answer may come in the same turn.
        open.add(asked);
        signal.addEventListener('abort', givenUp, { once: true });
        asked.sequenceNumber = send();
        if (asked.sequenceNumber === undefined) asked.settle({ kind: 'lost', cause: 'the session did not take it' });
      });
    },
    answer(question, id, heard) {
      for (const asked of [...open]) if (asked.question === question && asked.id === id) asked.settle(heard);
    },
    answerMessage(sequenceNumber, heard) {
      const asked = [...open].find((one) => one.sequenceNumber === sequenceNumber);
      asked?.settle(heard);
      return asked?.question;
    },
    lose(cause) {
      for (const asked of [...open]) asked.settle({ kind: 'lost', cause });
    },
  };
}
