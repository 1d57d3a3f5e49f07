/**
 * What was asked and is not answered yet.
 *
 * 1. An answer finds its question by the order's id, or by the sequence number of the message that asked.
 * 2. Each question ends once: by its answer, by the end of the session, or when its caller gives up.
 * 3. An answer that is not enough is kept, and answers in the end when no better one comes in time.
 */
import type { Clock } from '../../../domain/ports.js';
import type { Heard } from './classify.js';

export type Question = 'order' | 'cancel' | 'replace' | 'status';

interface Asked {
  readonly question: Question;
  /** The order's id; for a cancel or a replacement, its own. */
  readonly id: string;
  sequenceNumber: number | undefined;
  /** Takes an answer: it ends the question, or is kept. */
  take(heard: Heard): void;
  settle(heard: Heard): void;
}

/** Which answers are not enough, and how long a better one is awaited after such a one, in ms; absent: to the end. */
export interface Patience {
  isEnough(heard: Heard): boolean;
  readonly forMs?: number;
}

export interface Pending {
  /** Asks by `send`, which tells the sequence number; resolves with what is heard. */
  ask(
    question: Question,
    id: string,
    signal: AbortSignal,
    send: () => number | undefined,
    patience?: Patience,
  ): Promise<Heard>;
  /** Is a question of this kind open about an id? */
  isAsked(question: Question, id: string): boolean;
  /** Answers all questions of a kind about an id. */
  answer(question: Question, id: string, heard: Heard): void;
  /** Answers what a message asked, both orders of a list; which kind it was, or `undefined` when it asked nothing. */
  answerMessage(sequenceNumber: number, heard: Heard): Question | undefined;
  /** The session is gone. */
  lose(cause: string): void;
}

export function pendingQuestions(clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>): Pending {
  const open = new Set<Asked>();

  return {
    ask(question, id, signal, send, patience = { isEnough: () => true }) {
      return new Promise((resolve) => {
        let kept: Heard | undefined;
        let timer: unknown;
        const givenUp = (): void => asked.settle({ kind: 'lost', cause: 'no answer in time' });
        const asked: Asked = {
          question,
          id,
          sequenceNumber: undefined,
          take(heard) {
            if (patience.isEnough(heard)) {
              kept = undefined;
              asked.settle(heard);
              return;
            }
            kept = heard;
            if (patience.forMs !== undefined) timer ??= clock.setTimeout(() => asked.settle(heard), patience.forMs);
          },
          settle(heard) {
            open.delete(asked);
            clock.clearTimeout(timer);
            signal.removeEventListener('abort', givenUp);
            resolve(kept ?? heard);
          },
        };
        // Before it is sent: the answer may come in the same turn.
        open.add(asked);
        signal.addEventListener('abort', givenUp, { once: true });
        asked.sequenceNumber = send();
        if (asked.sequenceNumber === undefined) asked.settle({ kind: 'lost', cause: 'the session did not take it' });
      });
    },
    isAsked: (question, id) => [...open].some((asked) => asked.question === question && asked.id === id),
    answer(question, id, heard) {
      for (const asked of [...open]) if (asked.question === question && asked.id === id) asked.take(heard);
    },
    answerMessage(sequenceNumber, heard) {
      const asked = [...open].filter((one) => one.sequenceNumber === sequenceNumber);
      for (const one of asked) one.take(heard);
      return asked[0]?.question;
    },
    lose(cause) {
      for (const asked of [...open]) asked.settle({ kind: 'lost', cause });
    },
  };
}
