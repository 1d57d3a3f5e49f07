/** The Logon (35=A): what is agreed with the counterparty, and the credentials. */
import type { Body } from './messages.js';
import type { FixSettings } from './options.js';

/** The number and time of the Logon, as they stand in its header. */
export interface LogonStamp {
  readonly number: number;
  readonly at: Date;
}

const NO_ENCRYPTION = 0;

/** @param resets asks for new sequence numbers */
export function logonBody(settings: FixSettings, resets: boolean, _stamp: LogonStamp): Body {
  const { version, username, password, passwordField, heartbeatSeconds } = settings;
  const isNamed = version === 'FIX.4.4';
  const inRawData = password !== undefined && passwordField === 'RawData';
  return {
    EncryptMethod: NO_ENCRYPTION,
    HeartBtInt: heartbeatSeconds,
    ...(inRawData && { RawDataLength: password.length, RawData: password }),
    ResetSeqNumFlag: resets,
    ...(isNamed && username !== undefined && { Username: username }),
    ...(isNamed && password !== undefined && passwordField === 'Password' && { Password: password }),
    ...settings.logon,
  };
}
