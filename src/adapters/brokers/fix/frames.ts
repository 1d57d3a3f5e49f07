/**
 * Bytes that come in, cut into messages.
 *
 * 1. A message counts when BeginString, BodyLength and MsgType come first, BodyLength leads to the CheckSum, and the CheckSum
 *    is right. Anything else is garbled: it is skipped, and told of once, up to where the next message begins.
 * 2. A BodyLength that is too great costs no message behind it: a CheckSum field that ends the bytes, or is followed by a
 *    BeginString, ends the damaged message.
 * 3. What is kept is bounded by the longest message that is taken.
 * 4. A data field (RawData and its like) is read by its length: it may hold the separator.
 */
import type { Received } from './execution-report.js';

/** A whole message. */
export interface WireMessage extends Received {
  readonly beginString: string;
  /** As it came. */
  readonly bytes: Buffer;
}

type Frame =
  | { readonly kind: 'message'; readonly message: WireMessage }
  | { readonly kind: 'garbled'; readonly why: string };

export interface FrameReader {
  push(bytes: Buffer): readonly Frame[];
  /** Bytes are held of a message that has not come to its end. */
  readonly isPartial: boolean;
}

/** Longest message that is taken, in bytes. */
const MOST_BYTES = 16 * 1024 * 1024;
const BEGIN = '8=FIX';
const SOH = 1;
/** `10=ddd` and its separator. */
const TRAILER_BYTES = 7;
/** Longest `8=…|9=…|`, in bytes. */
const HEAD_BYTES = 40;
const SEPARATOR = '\u0001';
const HEAD = new RegExp(`^8=(FIXT?[.]\\d[.]\\d[A-Z0-9]{0,6})${SEPARATOR}9=(\\d{1,9})${SEPARATOR}`);
const TRAILER = new RegExp(`^10=(\\d{3})${SEPARATOR}$`);

/** Tags of data fields by the tags of their lengths. */
const DATA_FIELDS: ReadonlyMap<number, number> = new Map([
  [90, 91],
  [93, 89],
  [95, 96],
  [212, 213],
  [348, 349],
  [350, 351],
  [352, 353],
  [354, 355],
  [356, 357],
  [358, 359],
  [360, 361],
  [362, 363],
  [364, 365],
  [445, 446],
  [618, 619],
  [621, 622],
]);

type Step =
  | { readonly is: 'message'; readonly message: WireMessage; readonly end: number }
  /** The bytes up to `from` are no message; `from` may begin one. */
  | { readonly is: 'garbled'; readonly why: string; readonly from: number }
  /** So many bytes, counted from the begin, are needed to go on. */
  | { readonly is: 'partial'; readonly need: number };

export function frameReader(): FrameReader {
  let held: Buffer[] = [];
  let size = 0;
  let need = 1;
  let tail = '';
  let isSkipping = false;

  function garbled(frames: Frame[], why: string): void {
    if (!isSkipping) frames.push({ kind: 'garbled', why });
    isSkipping = true;
  }

  function read(buffer: Buffer, frames: Frame[]): number {
    let at = 0;
    for (;;) {
      const begin = buffer.indexOf(BEGIN, at, 'latin1');
      const skipped = (begin < 0 ? beginOfPart(buffer, at) : begin) - at;
      if (skipped > 0) garbled(frames, `${skipped} bytes that are no message`);
      at += skipped;
      if (begin < 0) {
        need = 1;
        return at;
      }
      const step = stepAt(buffer, at);
      if (step.is === 'partial') {
        need = step.need;
        return at;
      }
      if (step.is === 'message') {
        frames.push({ kind: 'message', message: step.message });
        isSkipping = false;
        at = step.end;
      } else {
        garbled(frames, step.why);
        at = step.from;
      }
    }
  }

  return {
    get isPartial() {
      return size > 0;
    },
    push(bytes) {
      held.push(bytes);
      size += bytes.length;
      tail = (tail + bytes.subarray(-TRAILER_BYTES).toString('latin1')).slice(-TRAILER_BYTES);
      if (size < need && !TRAILER.test(tail)) return [];
      const buffer = held.length === 1 ? bytes : Buffer.concat(held, size);
      const frames: Frame[] = [];
      // A copy: the rest must not keep the whole of the bytes before it.
      const rest = Buffer.from(buffer.subarray(read(buffer, frames)));
      held = rest.length === 0 ? [] : [rest];
      size = rest.length;
      return frames;
    },
  };
}

/** Where the last bytes may be the first of a BeginString; the end when they are not. */
function beginOfPart(buffer: Buffer, from: number): number {
  for (let length = BEGIN.length - 1; length > 0; length -= 1) {
    const at = buffer.length - length;
    if (at >= from && buffer.toString('latin1', at) === BEGIN.slice(0, length)) return at;
  }
  return buffer.length;
}

function stepAt(buffer: Buffer, at: number): Step {
  const head = buffer.toString('latin1', at, Math.min(at + HEAD_BYTES, buffer.length));
  const [matched, beginString = '', length] = HEAD.exec(head) ?? [];
  const next = at + BEGIN.length;
  if (matched === undefined) {
    const isWhole =
      head.length === HEAD_BYTES || buffer.indexOf(BEGIN, next, 'latin1') >= 0 || endsInTrailer(buffer, at);
    return isWhole
      ? { is: 'garbled', why: 'BeginString and BodyLength cannot be read', from: next }
      : { is: 'partial', need: HEAD_BYTES };
  }
  const bodyStart = at + matched.length;
  const bodyEnd = bodyStart + Number(length);
  const end = bodyEnd + TRAILER_BYTES;
  if (Number(length) > MOST_BYTES) return { is: 'garbled', why: `BodyLength is ${length}`, from: next };
  if (buffer.length < end) {
    const isCut = endsEarlier(buffer, bodyStart);
    return isCut ? { is: 'garbled', why: 'BodyLength is too great', from: next } : { is: 'partial', need: end - at };
  }
  const told = TRAILER.exec(buffer.toString('latin1', bodyEnd, end))?.[1];
  if (buffer[bodyEnd - 1] !== SOH || told === undefined) {
    return { is: 'garbled', why: 'BodyLength does not lead to the CheckSum', from: next };
  }
  const sum = checksum(buffer, at, bodyEnd);
  if (sum !== Number(told)) return { is: 'garbled', why: `CheckSum is ${told}, and should be ${sum}`, from: next };
  const bytes = Buffer.from(buffer.subarray(at, end));
  const message = readMessage(bytes, beginString, bodyStart - at, bodyEnd - at);
  return message === undefined
    ? { is: 'garbled', why: 'MsgType is not the third field', from: next }
    : { is: 'message', message, end };
}

/** Does a message that should be longer end before? */
function endsEarlier(buffer: Buffer, from: number): boolean {
  if (endsInTrailer(buffer, from)) return true;
  for (
    let at = buffer.indexOf('\u000110=', from, 'latin1');
    at >= 0;
    at = buffer.indexOf('\u000110=', at + 1, 'latin1')
  ) {
    const end = at + 1 + TRAILER_BYTES;
    if (buffer.toString('latin1', end, end + BEGIN.length) === BEGIN) return true;
  }
  return false;
}

const endsInTrailer = (buffer: Buffer, from: number): boolean =>
  buffer.length - TRAILER_BYTES > from &&
  buffer[buffer.length - TRAILER_BYTES - 1] === SOH &&
  TRAILER.test(buffer.toString('latin1', buffer.length - TRAILER_BYTES));

/** The sum of the bytes, modulo 256. */
export function checksum(buffer: Buffer, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at += 1) sum += buffer[at] ?? 0;
  return sum % 256;
}

function readMessage(bytes: Buffer, beginString: string, from: number, to: number): WireMessage | undefined {
  const fields = fieldsOf(bytes, from, to);
  const [first] = fields;
  if (first?.[0] !== 35 || first[1] === '') return undefined;
  const byTag = new Map<number, string>();
  for (const [tag, value] of fields) if (!byTag.has(tag) && value !== '') byTag.set(tag, value);
  return {
    type: first[1],
    beginString,
    bytes,
    field: (tag) => byTag.get(tag),
    fields: (tag) => fields.filter(([one]) => one === tag).map(([, value]) => value),
  };
}

/** The fields, each with its tag; what is no field is left out. */
function fieldsOf(bytes: Buffer, from: number, to: number): readonly (readonly [number, string])[] {
  const fields: [number, string][] = [];
  let dataTag: number | undefined;
  let dataLength = 0;
  let at = from;
  while (at < to) {
    const equals = bytes.indexOf(61, at);
    const tag = equals < 0 || equals >= to ? Number.NaN : Number(bytes.toString('latin1', at, equals));
    const isData = tag === dataTag && bytes[equals + 1 + dataLength] === SOH && equals + 1 + dataLength < to;
    const found = isData ? equals + 1 + dataLength : bytes.indexOf(SOH, at);
    const end = found < 0 ? to : found;
    if (Number.isInteger(tag) && tag > 0 && equals < end) {
      const value = bytes.toString('utf8', equals + 1, end);
      fields.push([tag, value]);
      dataTag = DATA_FIELDS.get(tag);
      dataLength = Number(value);
      if (!Number.isInteger(dataLength) || dataLength < 0) dataTag = undefined;
    }
    at = end + 1;
  }
  return fields;
}
