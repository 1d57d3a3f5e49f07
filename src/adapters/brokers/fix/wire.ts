/**
 * Messages that go out, as bytes: the library encodes by its dictionary, in the dictionary's order.
 *
 * 1. BodyLength and CheckSum are of the bytes that leave.
 * 2. The library logs nothing: its log lines hold whole messages.
 */
import { checksum } from './frames.js';
import type { LoadedFix } from './library.js';
import type { Body } from './messages.js';
import type { FixSettings } from './options.js';

export interface OutgoingHeader {
  readonly number: number;
  /** SendingTime. */
  readonly time: Date;
  /** Sent again: PossDupFlag, with OrigSendingTime. */
  readonly isAgain?: boolean;
}

export interface Wire {
  /** @throws {Error} when the dictionary does not know the message, or a field cannot be encoded */
  encode(type: string, body: Body, header: OutgoingHeader): Buffer;
}

/** The library's encoder of whole messages. */
type Transmitter = import('jspurefix').MsgTransmitter & { msgSeqNum: number; time: Date };

export function wire({ library, dictionary }: LoadedFix, settings: FixSettings): Wire {
  const { version, senderCompId, targetCompId, senderSubId, targetSubId } = settings;
  const description = {
    application: {
      type: 'initiator',
      name: 'fillchart',
      protocol: 'ascii',
      dictionary: version,
      tcp: { host: settings.host, port: settings.port },
    },
    Name: 'fillchart',
    BeginString: version,
    SenderCompId: senderCompId,
    TargetCompID: targetCompId,
    // The library leaves empty fields out.
    SenderSubID: senderSubId ?? '',
    TargetSubID: targetSubId ?? '',
    Username: '',
    Password: '',
    ResetSeqNumFlag: false,
    HeartBtInt: settings.heartbeatSeconds,
  } as InstanceType<typeof library.JsFixConfig>['description'];
  const factory = new library.AsciiSessionMsgFactory(description);
  const config = new library.JsFixConfig(factory, dictionary, description, 1, new library.EmptyLogFactory());
  const container = new library.SessionContainer();
  const child = container.newChild(description);
  container.registerSession(config, child);
  const transmitter = child.resolve<Transmitter>(library.DITokens.MsgTransmitter);
  // An `error` without a listener would end the process; what cannot be encoded is thrown below.
  transmitter.on('error', () => {});

  return {
    encode(type, body, { number, time, isAgain = false }) {
      transmitter.time = time;
      transmitter.msgSeqNum = number;
      transmitter.encoder.reset();
      const again = { StandardHeader: { MsgSeqNum: number, PossDupFlag: true, SendingTime: time } };
      const encoded = transmitter.encodeMessage(type, isAgain ? { ...again, ...body } : { ...body });
      if (encoded === null) throw new Error(`FIX: the dictionary of ${version} has no message ${type}`);
      return framed(version, transmitter.encoder.trim());
    },
  };
}

/** The fields between BodyLength and CheckSum, framed anew. */
function framed(version: string, encoded: Buffer): Buffer {
  const from = encoded.indexOf('\u000135=', 0, 'latin1') + 1;
  const to = encoded.lastIndexOf('\u000110=', undefined, 'latin1') + 1;
  const head = Buffer.from(`8=${version}\u00019=${to - from}\u0001`, 'latin1');
  const whole = Buffer.concat([head, encoded.subarray(from, to)]);
  const sum = checksum(whole, 0, whole.length);
  return Buffer.concat([whole, Buffer.from(`10=${String(sum).padStart(3, '0')}\u0001`, 'latin1')]);
}
