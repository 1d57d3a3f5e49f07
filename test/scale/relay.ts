/**
 * A wire that can be cut, both ways or one: what is sent meanwhile arrives when it is mended, as with TCP after a partition.
 */
import { connect, createServer, type Socket } from 'node:net';

/** `there`: from whoever connects; `back`: to them. */
export type Direction = 'there' | 'back';

export interface Relay {
  /** @param directions both by default */
  cut(...directions: readonly Direction[]): void;
  mend(): void;
  close(): Promise<void>;
}

/** Listens on loopback, and passes everything on to another port there. */
export async function relay(port: number, to: number): Promise<Relay> {
  const pairs = new Set<Readonly<Record<Direction, readonly [from: Socket, to: Socket]>>>();
  let held: readonly Direction[] = [];

  function ready(socket: Socket): Socket {
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    return socket;
  }

  const server = createServer((near) => {
    const far = ready(connect(to, '127.0.0.1'));
    ready(near);
    const pair = { there: [near, far], back: [far, near] } as const;
    pairs.add(pair);
    for (const direction of ['there', 'back'] as const) if (!held.includes(direction)) pass(pair[direction]);
    near.on('close', () => {
      pairs.delete(pair);
      far.destroy();
    });
    far.on('close', () => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));

  const pass = ([from, target]: readonly [Socket, Socket]): void => void from.pipe(target);

  return {
    cut(...directions) {
      held = directions.length === 0 ? ['there', 'back'] : directions;
      for (const pair of pairs)
        for (const direction of held) {
          const [from, target] = pair[direction];
          from.unpipe(target);
          from.pause();
        }
    },
    mend() {
      for (const pair of pairs) for (const direction of held) pass(pair[direction]);
      held = [];
    },
    async close() {
      for (const { there } of pairs) for (const socket of there) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
