/**
 * The trade-updates stream: sign-in, `listen`, and what happens to orders from then on. Nothing is replayed after a reconnect.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { acceptSocket, type ServerSocket } from './socket.js';

export interface UpdateStream {
  accept(request: IncomingMessage, raw: Duplex): void;
  /** Sends an update to everyone who listens. */
  publish(data: Readonly<Record<string, unknown>>): void;
  /** Sends any text as a message. */
  raw(text: string): void;
  /** Cuts all connections, and refuses new ones until `allow`. */
  cut(refuseNew: boolean): void;
  allow(): void;
  readonly listeners: number;
  /** Updates that have not been proved read yet. */
  readonly unread: number;
  /** Connections made so far. */
  readonly connections: number;
}

interface Client {
  readonly socket: ServerSocket;
  isSignedIn: boolean;
  isListening: boolean;
  unread: number;
}

export function updateStream(isKnown: (keyId: unknown, secretKey: unknown) => boolean): UpdateStream {
  const clients = new Set<Client>();
  let refuses = false;
  let connections = 0;

  function reply(client: Client, stream: string, data: unknown): void {
    client.unread += 1;
    client.socket.send(JSON.stringify({ stream, data }));
    // Whoever answers the ping has read what came before it.
    client.socket.ping();
  }

  function handle(client: Client, text: string): void {
    const { action, data } = parsed(text);
    const { key_id, secret_key, streams } = data;
    if (action === 'authenticate') {
      client.isSignedIn = isKnown(key_id, secret_key);
      reply(client, 'authorization', { status: client.isSignedIn ? 'authorized' : 'unauthorized', action });
    }
    if (action === 'listen' && client.isSignedIn) {
      client.isListening = Array.isArray(streams) && streams.includes('trade_updates');
      reply(client, 'listening', { streams });
    }
  }

  const listening = (): Client[] => [...clients].filter(({ isListening }) => isListening);

  return {
    accept(request, raw) {
      if (refuses) {
        raw.destroy();
        return;
      }
      connections += 1;
      const socket = acceptSocket(request, raw, {
        message: (text) => handle(client, text),
        pong: () => {
          client.unread = Math.max(0, client.unread - 1);
        },
        closed: () => clients.delete(client),
      });
      if (socket === undefined) return;
      const client: Client = { socket, isSignedIn: false, isListening: false, unread: 0 };
      clients.add(client);
    },
    publish(data) {
      for (const client of listening()) reply(client, 'trade_updates', data);
    },
    raw(text) {
      for (const { socket } of listening()) socket.send(text);
    },
    cut(refuseNew) {
      refuses = refuseNew;
      for (const client of clients) client.socket.cut();
      clients.clear();
    },
    allow() {
      refuses = false;
    },
    get listeners() {
      return listening().length;
    },
    get unread() {
      return [...clients].reduce((count, client) => count + client.unread, 0);
    },
    get connections() {
      return connections;
    },
  };
}

function parsed(text: string): { readonly action?: unknown; readonly data: Readonly<Record<string, unknown>> } {
  try {
    const { action, data } = JSON.parse(text) as Record<string, unknown>;
    return { action, data: typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {} };
  } catch {
    return { data: {} };
  }
}
