/**
 * Our messages of a session: numbered, encoded, logged and written.
 *
 * 1. A number is taken before its message leaves: what is written once is not written again.
 * 2. A gap fill has the number of what it stands for, and takes none.
 */
import type { About, FieldValue } from './fields.js';
import type { LoadedFix } from './library.js';
import { credentials, logonBody } from './logon.js';
import type { Body } from './messages.js';
import type { SequenceNumbers } from './sequence-numbers.js';
import type { FixSettings } from './settings.js';
import { wire } from './wire.js';

export interface Outflow {
  /** The number of the message. @throws {Error} when it cannot be encoded */
  write(type: string, body: Body, about: About): number;
  /** Logs on; `resets` asks for new sequence numbers. @throws {Error} when it cannot be signed */
  logOn(resets: boolean): void;
  /** Stands for our messages from a number up to `next`. */
  fill(from: number, next: number): void;
}

/** @param send hands bytes to the connection */
export function outflow(
  loaded: LoadedFix,
  settings: FixSettings,
  numbers: SequenceNumbers,
  send: (bytes: Buffer) => void,
): Outflow {
  const { clock, log } = settings;
  const { encode } = wire(loaded, settings);

  function put(type: string, body: Body, about: About, more: readonly FieldValue[], time: Date): number {
    const number = numbers.takeSender();
    out(encode(type, body, { number, time }, about, more));
    return number;
  }

  function out(bytes: Buffer): void {
    log?.('out', clock.now(), bytes);
    send(bytes);
  }

  return {
    write: (type, body, about) => put(type, body, about, [], new Date(clock.now())),
    logOn(resets) {
      const at = new Date(clock.now());
      const signed = credentials(settings, loaded.dictionary, { number: numbers.sender, at });
      put('A', logonBody(settings, resets), {}, signed, at);
    },
    fill(from, next) {
      const time = new Date(clock.now());
      out(encode('4', { GapFillFlag: true, NewSeqNo: next }, { number: from, time, isAgain: true }));
    },
  };
}
