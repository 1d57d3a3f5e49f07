/**
 * The Logon (35=A): what is agreed with the counterparty, and the credentials.
 *
 * 1. The fields of the hook `signLogon` are computed for this Logon, with its number and the SendingTime of its header.
 * 2. Username (553), Password (554) and NewPassword (925) are sent with either version, whatever its dictionary holds.
 */
import { type FieldValue, readFields } from './fields.js';
import type { FixDictionary } from './library.js';
import type { Body } from './messages.js';
import type { FixSettings } from './settings.js';

/** The number and time of the Logon, as they stand in its header. */
interface LogonStamp {
  readonly number: number;
  readonly at: Date;
}

const NO_ENCRYPTION = 0;
const [RAW_DATA_LENGTH, RAW_DATA] = [95, 96];

/** @param resets asks for new sequence numbers */
export function logonBody(settings: FixSettings, resets: boolean): Body {
  const { password, passwordField, heartbeatSeconds } = settings;
  const inRawData = password !== undefined && passwordField === 'RawData';
  return {
    EncryptMethod: NO_ENCRYPTION,
    HeartBtInt: heartbeatSeconds,
    ...(inRawData && { RawDataLength: password.length, RawData: password }),
    ResetSeqNumFlag: resets,
  };
}

/** Credentials and signature. @throws {FillchartError} for a field that the hook returns and that is not known */
export function credentials(
  settings: FixSettings,
  dictionary: FixDictionary,
  { number, at }: LogonStamp,
): readonly FieldValue[] {
  const { username, password, passwordField, newPassword, signLogon, senderCompId, targetCompId } = settings;
  const own: FieldValue[] = [
    ...(username === undefined ? [] : [[553, username] as const]),
    ...(password === undefined || passwordField === 'RawData' ? [] : [[554, password] as const]),
    ...(newPassword === undefined ? [] : [[925, newPassword] as const]),
  ];
  if (signLogon === undefined) return own;
  const sendingTime = at.toISOString().replaceAll('-', '').replace('T', '-').replace('Z', '');
  const signed = signLogon({
    msgType: 'A',
    msgSeqNum: number,
    sendingTime,
    senderCompId,
    targetCompId,
    username,
    password,
  });
  const fields = readFields('signLogon', signed, dictionary);
  const raw = fields.find(([tag]) => tag === RAW_DATA)?.[1];
  const withLength = fields.some(([tag]) => tag === RAW_DATA_LENGTH);
  return [
    ...own,
    ...(raw === undefined || withLength ? [] : [[RAW_DATA_LENGTH, String(raw.length)] as const]),
    ...fields,
  ];
}
