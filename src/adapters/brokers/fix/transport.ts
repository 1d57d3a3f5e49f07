/**
 * A connection to the counterparty: bytes out, bytes in, and one end.
 *
 * 1. A certificate that does not verify ends the connection, whatever the options and the environment say.
 * 2. The first bytes that came are kept: they tell a counterparty that speaks something else.
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { FixTls } from './options.js';
import { connectionProblem } from './refusals.js';

export interface Transport {
  write(bytes: Buffer): void;
  onData(listener: (bytes: Buffer) => void): void;
  /** Called once, with what ended it. */
  onEnd(listener: (what: string) => void): void;
  /** Ends it when what was written has gone out. */
  end(): void;
  destroy(): void;
  readonly firstBytes: Buffer;
  /** Bytes can be sent: with TLS, the handshake is over. */
  readonly isOpen: boolean;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

const FIRST_BYTES = 80;

/** Connects. `connected` is called when bytes can be sent. */
export function openTransport({ host, port }: Address, tls: FixTls | undefined, connected: () => void): Transport {
  let first = Buffer.alloc(0);
  let problem: string | undefined;
  let isEnded = false;
  let isOpen = false;
  const endListeners: ((what: string) => void)[] = [];
  const socket = connect({ host, port }, tls, () => {
    socket.setNoDelay(true);
    isOpen = true;
    connected();
  });
  socket.on('error', (error) => {
    problem ??= connectionProblem(error, host, tls !== undefined);
    ended();
  });
  socket.on('close', ended);

  function ended(): void {
    if (isEnded) return;
    isEnded = true;
    for (const listener of endListeners) listener(problem ?? 'the connection was closed');
  }

  return {
    write(bytes) {
      if (!socket.destroyed && socket.writable) socket.write(bytes);
    },
    onData(listener) {
      socket.on('data', (bytes: Buffer) => {
        if (first.length < FIRST_BYTES) first = Buffer.concat([first, bytes]).subarray(0, FIRST_BYTES);
        listener(bytes);
      });
    },
    onEnd: (listener) => void endListeners.push(listener),
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
    get firstBytes() {
      return first;
    },
    get isOpen() {
      return isOpen;
    },
  };
}

function connect({ host, port }: Address, tls: FixTls | undefined, connected: () => void): Socket {
  return tls === undefined
    ? connectTcp({ host, port }, connected)
    : connectTls(
        { ...(isIP(host) === 0 && { servername: host }), ...tls, host, port, rejectUnauthorized: true },
        connected,
      );
}
