/**
 * A wire that can be cut: what is sent meanwhile arrives when it is mended, as with TCP after a partition.
 */
import { connect, createServer, type Socket } from 'node:net';

export interface Relay {
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** Listens on loopback, and passes everything on to another port there. */
export async function relay(port: number, to: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  let isCut = false;

  function keep(socket: Socket): Socket {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    return socket;
  }

  const server = createServer((near) => {
    const far = keep(connect(to, '127.0.0.1'));
    keep(near).pipe(far).pipe(near);
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    if (isCut) for (const socket of [near, far]) hold(socket);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));

  function hold(socket: Socket): void {
    socket.cork();
    socket.pause();
  }

  return {
    cut() {
      isCut = true;
      for (const socket of sockets) hold(socket);
    },
    mend() {
      isCut = false;
      for (const socket of sockets) {
        socket.uncork();
        socket.resume();
      }
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
