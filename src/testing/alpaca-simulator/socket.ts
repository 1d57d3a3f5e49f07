/**
 * The server side of a WebSocket (RFC 6455), as much as trade updates need: whole text messages, ping, pong, close.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
const SHORT_LENGTH = 126;
const LONG_LENGTH = 127;

export interface ServerSocket {
  /** Alpaca sends its JSON in binary frames. */
  send(text: string): void;
  /** The answer to it proves that everything sent before has been read. */
  ping(): void;
  /** Cuts the connection, without a closing handshake. */
  cut(): void;
}

interface SocketListener {
  message(text: string): void;
  pong(): void;
  closed(): void;
}

/** Answers an upgrade request and speaks the protocol from then on; `undefined` when it is no WebSocket request. */
export function acceptSocket(
  request: IncomingMessage,
  raw: Duplex,
  listener: SocketListener,
): ServerSocket | undefined {
  const key = request.headers['sec-websocket-key'];
  if (key === undefined) {
    raw.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    return undefined;
  }
  const accept = createHash('sha1').update(`${key}${ACCEPT_SUFFIX}`).digest('base64');
  raw.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  const write = (opcode: number, payload: Buffer): void => {
    if (raw.writable) raw.write(frame(opcode, payload));
  };
  let rest: Buffer = Buffer.alloc(0);
  let parts: Buffer[] = [];
  raw.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (let read = readFrame(rest); read !== undefined; read = readFrame(rest)) {
      rest = rest.subarray(read.length);
      handle(read);
    }
  });
  raw.on('error', () => raw.destroy());
  raw.on('close', () => listener.closed());

  function handle({ opcode, payload, isLast }: Frame): void {
    if (opcode === OPCODE.ping) write(OPCODE.pong, payload);
    else if (opcode === OPCODE.pong) listener.pong();
    else if (opcode === OPCODE.close) {
      write(OPCODE.close, payload);
      raw.end();
    } else {
      parts.push(payload);
      if (!isLast) return;
      const text = Buffer.concat(parts).toString('utf8');
      parts = [];
      listener.message(text);
    }
  }

  return {
    send: (text) => write(OPCODE.binary, Buffer.from(text, 'utf8')),
    ping: () => write(OPCODE.ping, Buffer.alloc(0)),
    cut: () => raw.destroy(),
  };
}

interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
  readonly isLast: boolean;
  /** Bytes that the frame takes. */
  readonly length: number;
}

/** A whole frame at the start of what has come in, if there is one. */
function readFrame(bytes: Buffer): Frame | undefined {
  if (bytes.length < 2) return undefined;
  const first = bytes.readUInt8(0);
  const second = bytes.readUInt8(1);
  const short = second & 0x7f;
  const extra = short === SHORT_LENGTH ? 2 : short === LONG_LENGTH ? 8 : 0;
  const maskBytes = (second & 0x80) === 0 ? 0 : 4;
  const head = 2 + extra + maskBytes;
  if (bytes.length < head) return undefined;
  const size = extra === 0 ? short : extra === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < head + size) return undefined;
  const payload = Buffer.from(bytes.subarray(head, head + size));
  const mask = bytes.subarray(head - maskBytes, head);
  if (maskBytes > 0) for (let at = 0; at < size; at += 1) payload[at] = (payload[at] ?? 0) ^ (mask[at % 4] ?? 0);
  return { opcode: first & 0x0f, payload, isLast: (first & 0x80) !== 0, length: head + size };
}

function frame(opcode: number, payload: Buffer): Buffer {
  const size = payload.length;
  const head = Buffer.alloc(size < SHORT_LENGTH ? 2 : size < 0x1_0000 ? 4 : 10);
  head.writeUInt8(0x80 | opcode, 0);
  if (size < SHORT_LENGTH) head.writeUInt8(size, 1);
  else if (size < 0x1_0000) {
    head.writeUInt8(SHORT_LENGTH, 1);
    head.writeUInt16BE(size, 2);
  } else {
    head.writeUInt8(LONG_LENGTH, 1);
    head.writeBigUInt64BE(BigInt(size), 2);
  }
  return Buffer.concat([head, payload]);
}
