/**
 * The sequence numbers of the session, and nothing else of it.
 *
 * 1. No message is kept: an order is never sent again (gaps are filled, not replayed), and a Logon with its password is
 *    never on disk.
 * 2. Our own number never goes back but by a reset: filling a gap for the counterparty sends old numbers.
 * 3. Who only looks (`peek`) leaves the counterparty's number as it was: the next process asks for what came meanwhile.
 * 4. With a folder, a number is with the operating system before the call returns: it survives the end of the process.
 */
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { FixLibrary } from './library.js';
import type { FixSettings } from './options.js';

type SessionStore = InstanceType<FixLibrary['MemorySessionStore']>;
/** What jspurefix asks of a store. */
export type SequenceStore = Pick<
  SessionStore,
  | 'put'
  | 'get'
  | 'getRange'
  | 'setSenderSeqNum'
  | 'setTargetSeqNum'
  | 'nextSenderSeqNum'
  | 'nextTargetSeqNum'
  | 'reset'
  | 'initialize'
  | 'flush'
  | 'dispose'
  | 'sessionId'
  | 'creationTime'
> & { senderSeqNum: number; targetSeqNum: number };

export interface SequenceNumbers {
  /** The number of our next message. */
  readonly sender: number;
  /** True when numbers of an earlier session were found. */
  readonly isContinued: boolean;
  /** The counterparty told what it expects. */
  expectedByPeer(sender: number): void;
  /** The store of one session; every session continues the same numbers. */
  storeFor(sessionId: SessionStore['sessionId']): SequenceStore;
  /** Nothing is kept afterwards. */
  close(): void;
}

const WIDTH = 20;

/** @throws {Error} when the folder cannot be written, or what is in it cannot be read */
export function sequenceNumbers(settings: FixSettings): SequenceNumbers {
  const file = settings.storeFolder === undefined ? undefined : open(settings, settings.storeFolder);
  let sender = file?.found?.[0] ?? 1;
  let target = file?.found?.[1] ?? 1;
  let isClosed = false;
  let unseen = target;

  function keep(): void {
    const kept = settings.peek ? unseen : target;
    const line = `${String(sender).padStart(WIDTH)} : ${String(kept).padStart(WIDTH)}\n`;
    if (file !== undefined && !isClosed) writeSync(file.descriptor, line, 0);
  }
  async function setSender(value: number): Promise<void> {
    if (value <= sender) return;
    sender = value;
    keep();
  }
  async function setTarget(value: number): Promise<void> {
    if (value === target) return;
    target = value;
    keep();
  }

  return {
    get sender() {
      return sender;
    },
    isContinued: file?.found !== undefined,
    expectedByPeer(value) {
      sender = value;
      keep();
    },
    storeFor: (sessionId) => ({
      sessionId,
      creationTime: new Date(settings.clock.now()),
      get senderSeqNum() {
        return sender;
      },
      set senderSeqNum(value) {
        void setSender(value);
      },
      get targetSeqNum() {
        return target;
      },
      set targetSeqNum(value) {
        void setTarget(value);
      },
      setSenderSeqNum: setSender,
      setTargetSeqNum: setTarget,
      async nextSenderSeqNum() {
        await setSender(sender + 1);
        return sender;
      },
      async nextTargetSeqNum() {
        await setTarget(target + 1);
        return target;
      },
      async reset() {
        sender = 1;
        target = 1;
        unseen = 1;
        keep();
      },
      put: async () => {},
      get: async () => null,
      getRange: async () => [],
      initialize: async () => {},
      flush: async () => {},
      dispose: async () => {},
    }),
    close() {
      if (file !== undefined && !isClosed) closeSync(file.descriptor);
      isClosed = true;
    },
  };
}

function open({ version, senderCompId, targetCompId }: FixSettings, folder: string) {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${fileName(`${version}-${senderCompId}-${targetCompId}`)}.seqnums`);
  const text = readText(path);
  const read = /^\s*(\d+) : \s*(\d+)\s*$/.exec(text ?? '');
  if (text !== undefined && text !== '' && read === null) throw new Error(`FIX: ${path} holds no sequence numbers`);
  const found = read === null ? undefined : ([Number(read[1]), Number(read[2])] as const);
  return { found, descriptor: openSync(path, text === undefined ? 'w+' : 'r+') };
}

export const fileName = (name: string): string => name.replace(/[^A-Za-z0-9.-]/g, '_');

export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return undefined;
    throw error;
  }
}
