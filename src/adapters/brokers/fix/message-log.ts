/**
 * The messages of the session, in and out, as a broker's support desk asks for them.
 *
 * 1. A line is a message: UTC time, direction, and the fields with `|` between them.
 * 2. Credentials are masked: RawData, Password, NewPassword and their like, and every secret of the options.
 * 3. A log that cannot be written stops no order; the operator is told once.
 */
import { appendFileSync } from 'node:fs';

export type MessageLog = (direction: 'in' | 'out', at: number, message: Buffer) => void;

/** RawData, Signature, Password, NewPassword, EncryptedPassword, EncryptedNewPassword. */
const CREDENTIALS = /(^|\|)(96|89|554|925|1402|1404)=[^|]*/g;

/**
 * @param to a file that is appended to, or what takes each line
 * @param redact blots out secrets
 * @param warn tells the operator that nothing can be written
 */
export function messageLog(
  to: string | ((line: string) => void),
  redact: (text: string) => string,
  warn: (sentence: string) => void,
): MessageLog {
  let isBroken = false;
  const write = typeof to === 'string' ? (line: string) => appendFileSync(to, `${line}\n`, { mode: 0o600 }) : to;
  return (direction, at, message) => {
    try {
      write(logLine(direction, at, message, redact));
    } catch (error) {
      if (!isBroken)
        warn(`FIX: the message log cannot be written (${error instanceof Error ? error.message : String(error)}).`);
      isBroken = true;
    }
  };
}

function logLine(direction: 'in' | 'out', at: number, message: Buffer, redact: (text: string) => string): string {
  const time = new Date(at).toISOString().replaceAll('-', '').replace('T', '-').replace('Z', '');
  // One line, whatever is in it.
  const text = message
    .toString('latin1')
    .replaceAll('\u0001', '|')
    .replaceAll(/[\r\n]/g, ' ');
  return `${time} ${direction === 'in' ? 'IN ' : 'OUT'} ${redact(text.replaceAll(CREDENTIALS, '$1$2=***'))}`;
}
