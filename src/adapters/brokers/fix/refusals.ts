/**
 * Why a session did not come about, in words that an operator can act on.
 *
 * 1. A refused Logon that says which number is expected is read in any wording that holds it: behind a word such as
 *    "expected", or beside the number that was sent. Nothing is read from a text that is not about sequence numbers.
 * 2. What the counterparty said is shown as it said it.
 */
import type { FixSettings } from './settings.js';

const ABOUT_NUMBERS = /seq/i;
const SAYS_WRONG = /low|small|less|behind|expect|incorrect|invalid|wrong|bad|mismatch|out of/i;
const NAMED = /(?:expect\w*|next(?:\s+is)?|should\s+be|must\s+be)[^\d\n]{0,24}?(\d{1,10})/gi;

/**
 * The number that the counterparty expects of us, by the text of its refusal.
 *
 * @param sent the number of the message that it refused
 */
export function expectedNumber(text: string, sent: number): number | undefined {
  if (!ABOUT_NUMBERS.test(text) || !SAYS_WRONG.test(text)) return undefined;
  const named = [...text.matchAll(NAMED)].map(([, number]) => Number(number)).find((number) => number > sent);
  if (named !== undefined) return named;
  const all = [...new Set([...text.matchAll(/\d{1,10}/g)].map(Number))];
  const others = all.filter((number) => number > sent);
  return all.includes(sent) && others.length === 1 ? others[0] : undefined;
}

type Session = Pick<FixSettings, 'senderCompId' | 'targetCompId' | 'tls'>;

/** The connection ended, or nothing came, before the Logon was answered. */
export function unansweredLogon(what: string, { senderCompId, targetCompId, tls }: Session, first: Buffer): string {
  if (speaksTls(first) && tls === undefined) {
    return `${what}: the counterparty speaks TLS at this port, and this connection is plain TCP; set the option tls`;
  }
  if (first.length > 0 && !first.toString('latin1').startsWith('8=FIX')) {
    return `${what}: the answer to the Logon is no FIX: ${JSON.stringify(printable(first))}`;
  }
  const encryption =
    tls === undefined ? 'it may expect TLS (the option tls)' : 'it may expect a certificate of ours (tls.cert)';
  return `${what} before the Logon was answered: the counterparty may not know SenderCompID ${senderCompId} and TargetCompID ${targetCompId}, it may not take this address, or ${encryption}`;
}

/** A record of TLS: its type, and the major version. */
const speaksTls = (first: Buffer): boolean => (first[0] ?? 0) >= 20 && (first[0] ?? 0) <= 23 && first[1] === 3;

const printable = (bytes: Buffer): string =>
  bytes
    .toString('latin1')
    .replaceAll(/[^\x20-\x7e]+/g, ' ')
    .trim();

/** The connection stands, and the counterparty does not answer as a TLS server does. */
export const NO_HANDSHAKE =
  'the TLS handshake was not answered: the counterparty may not speak TLS at this port; leave out the option tls, or ask for its TLS port';

/** What a failed connection means. */
export function connectionProblem(error: Error, host: string, isSecure: boolean): string {
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string') return `the connection failed: ${error.message}`;
  if (/WRONG_VERSION|PACKET_LENGTH|UNEXPECTED_MESSAGE|EPROTO|HTTP_REQUEST/.test(code) && isSecure) {
    return `the counterparty does not speak TLS at this port (${code}); leave out the option tls, or ask for its TLS port`;
  }
  if (isSecure && /before secure TLS connection/i.test(error.message)) return NO_HANDSHAKE;
  return /CERT|ISSUER|VERIFY_LEAF/.test(code)
    ? `the certificate of ${host} does not verify (${code}); one to trust goes into the option tls.ca`
    : `the connection failed: ${code}`;
}
