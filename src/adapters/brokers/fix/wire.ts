/**
 * Messages that go out, as bytes: the library encodes by its dictionary, in the dictionary's order.
 *
 * 1. BodyLength and CheckSum are of the bytes that leave.
 * 2. Fields of the options are put in afterwards (`fields.ts`).
 * 3. The library logs nothing: its log lines hold whole messages.
 */
import { type About, type FieldValue, fieldPlan } from './fields.js';
import { checksum } from './frames.js';
import type { LoadedFix } from './library.js';
import type { Body } from './messages.js';
import type { FixSettings } from './settings.js';

interface OutgoingHeader {
  readonly number: number;
  /** SendingTime. */
  readonly time: Date;
  /** Sent again: PossDupFlag, with OrigSendingTime. */
  readonly isAgain?: boolean;
}

interface Wire {
  /** @throws {Error} when the dictionary does not know the message, or a field cannot be encoded */
  encode(type: string, body: Body, header: OutgoingHeader, about?: About, more?: readonly FieldValue[]): Buffer;
}

/** Tags of the standard header that may be there before a body begins. */
const HEADER_TAGS = new Set([35, 34, 43, 49, 50, 52, 56, 57, 90, 91, 97, 115, 116, 122, 128, 129, 142, 143, 144, 145]);
const NEW_ORDER_LIST = 'E';
/** ClOrdID begins each order of a list. */
const CL_ORD_ID = 11;
const NO_ORDERS = 73;
const SEPARATOR = '\u0001';

/** The library's encoder of whole messages. */
type Transmitter = import('jspurefix').MsgTransmitter & { msgSeqNum: number; time: Date };

/** @throws {FillchartError} `INVALID_OPTION` for fields of the options that the dictionary does not take */
export function wire({ library, dictionary }: LoadedFix, settings: FixSettings): Wire {
  const plan = fieldPlan(settings, dictionary);
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
    encode(type, body, { number, time, isAgain = false }, about = {}, more = []) {
      transmitter.time = time;
      transmitter.msgSeqNum = number;
      transmitter.encoder.reset();
      const again = { StandardHeader: { MsgSeqNum: number, PossDupFlag: true, SendingTime: time } };
      const encoded = transmitter.encodeMessage(type, isAgain ? { ...again, ...body } : { ...body });
      if (encoded === null) throw new Error(`FIX: the dictionary of ${version} has no message ${type}`);
      const fields = [...plan.bodyOf(type, about), ...more];
      const ofOrders = type === NEW_ORDER_LIST ? plan.bodyOf('D', about) : undefined;
      return framed(version, transmitter.encoder.trim(), plan.header, fields, ofOrders);
    },
  };
}

/** The fields between BodyLength and CheckSum, with those of the options, framed anew. */
function framed(
  version: string,
  encoded: Buffer,
  header: readonly FieldValue[],
  body: readonly FieldValue[],
  ofOrders: readonly FieldValue[] | undefined,
): Buffer {
  const from = encoded.indexOf(`${SEPARATOR}35=`, 0, 'latin1') + 1;
  const to = encoded.lastIndexOf(`${SEPARATOR}10=`, undefined, 'latin1') + 1;
  const bare = encoded.subarray(from, to);
  const isAsItIs = header.length + body.length === 0 && ofOrders === undefined;
  const fields = isAsItIs ? bare : withFields(bare.toString('latin1'), header, body, ofOrders);
  const head = Buffer.from(`8=${version}${SEPARATOR}9=${fields.length}${SEPARATOR}`, 'latin1');
  const whole = Buffer.concat([head, fields]);
  const sum = checksum(whole, 0, whole.length);
  return Buffer.concat([whole, Buffer.from(`10=${String(sum).padStart(3, '0')}${SEPARATOR}`, 'latin1')]);
}

/** Replaces what is there, adds what is not, and leaves out what is to be empty; in each order of a list by itself. */
function withFields(
  text: string,
  header: readonly FieldValue[],
  body: readonly FieldValue[],
  ofOrders: readonly FieldValue[] | undefined,
): Buffer {
  const fields = text
    .split(SEPARATOR)
    .filter((field) => field !== '')
    .map((field): [number, string] => [Number.parseInt(field, 10), field.slice(field.indexOf('=') + 1)]);
  const bodyBegins = fields.findIndex(([tag]) => !HEADER_TAGS.has(tag));
  const split = bodyBegins < 0 ? fields.length : bodyBegins;
  const [own, ...orders] = ofOrders === undefined ? [fields.slice(split)] : ordersOf(fields.slice(split));
  const all = [
    ...merged(fields.slice(0, split), header),
    ...beforeGroup(merged(own ?? [], body), orders.length),
    ...orders.flatMap((order) => merged(order, ofOrders ?? [])),
  ];
  return Buffer.from(all.map(([tag, value]) => `${tag}=${value}${SEPARATOR}`).join(''), 'latin1');
}

/** The number of entries stands right before the first of them. */
function beforeGroup(fields: readonly FieldValue[], entries: number): readonly FieldValue[] {
  if (entries === 0) return fields;
  return [...fields.filter(([tag]) => tag !== NO_ORDERS), [NO_ORDERS, String(entries)]];
}

/** What stands before the first order, and each order. */
function ordersOf(fields: readonly (readonly [number, string])[]): (readonly (readonly [number, string])[])[] {
  const begins = fields.flatMap(([tag], index) => (tag === CL_ORD_ID ? [index] : []));
  return [0, ...begins].map((from, index) => fields.slice(from, begins[index] ?? fields.length));
}

function merged(fields: readonly FieldValue[], given: readonly FieldValue[]): readonly FieldValue[] {
  const values = new Map(given);
  const replaced = fields.map(([tag, value]) => [tag, values.get(tag) ?? value] as const);
  const known = new Set(fields.map(([tag]) => tag));
  const added = [...values].filter(([tag]) => !known.has(tag));
  return [...replaced, ...added].filter(([, value]) => value !== '');
}
