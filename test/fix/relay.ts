/**
 * A line between the adapter and a counterparty that reads what passes, and can be cut.
 *
 * 1. Bytes are passed on as they came, message by message; what is cut off is lost, either way.
 * 2. What went to the counterparty is kept, so that orders can be counted where they arrive.
 */
import { type AddressInfo, createConnection, createServer, type Server, type Socket } from 'node:net';
import { endOfMessage, Message } from './scripted-acceptor.js';

export class Relay {
  /** Called with each NewOrderSingle before it is passed on. */
  onOrder: (() => void) | undefined;
  /** What the counterparty sends and does not arrive, while the line stays up. */
  swallows: (message: Message) => boolean = () => false;
  readonly #received: Message[] = [];
  readonly #heard: Message[] = [];
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #listeners: ((message: Message) => boolean)[] = [];
  #isWhole = true;
  #cutsNext = false;
  #whenCut: (() => void)[] = [];

  private constructor(port: number) {
    this.#server = createServer((near) => this.#accept(near, port));
  }

  static async to(port: number): Promise<Relay> {
    const relay = new Relay(port);
    await new Promise<void>((resolve) => relay.#server.listen(0, '127.0.0.1', resolve));
    return relay;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Messages of a type that went to the counterparty. */
  sent(type: string): readonly Message[] {
    return this.#received.filter((message) => message.type === type);
  }

  /** Messages of a type that came back. */
  heard(type: string): readonly Message[] {
    return this.#heard.filter((message) => message.type === type);
  }

  /** The next execution report that fulfils the condition, when it has been passed on. */
  told(condition: (report: Message) => boolean): Promise<Message> {
    return new Promise((resolve) => {
      this.#listeners.push((message) => {
        const isIt = message.type === '8' && condition(message);
        if (isIt) resolve(message);
        return isIt;
      });
    });
  }

  /** Ends the connections, and takes no new one until it is mended. */
  cut(): void {
    this.#isWhole = false;
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
    this.#pairs.clear();
    for (const wake of this.#whenCut.splice(0)) wake();
  }

  /** Passes the next message on, and then cuts the line before anything comes back. */
  cutWhenSent(): void {
    this.#cutsNext = true;
  }

  isCut(): Promise<void> {
    return this.#isWhole ? new Promise((resolve) => this.#whenCut.push(resolve)) : Promise.resolve();
  }

  mend(): void {
    this.#isWhole = true;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #accept(near: Socket, port: number): void {
    near.on('error', () => {});
    if (!this.#isWhole) {
      near.destroy();
      return;
    }
    const far = createConnection({ host: '127.0.0.1', port });
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    far.on('error', () => {});
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    eachMessage(near, (message) => this.#toThem(message, far));
    eachMessage(far, (message) => this.#toUs(message, near));
  }

  #toThem(message: Message, far: Socket): void {
    if (message.type === 'D') this.onOrder?.();
    this.#received.push(message);
    if (!this.#cutsNext) {
      far.write(message.text, 'latin1');
      return;
    }
    this.#cutsNext = false;
    this.swallows = () => true;
    far.write(message.text, 'latin1');
    // The order is with the counterparty when it begins to answer; the answer is what is lost.
    far.once('data', () => {
      this.swallows = () => false;
      this.cut();
    });
  }

  #toUs(message: Message, near: Socket): void {
    if (this.swallows(message)) return;
    this.#heard.push(message);
    near.write(message.text, 'latin1');
    this.#listeners = this.#listeners.filter((isHeard) => !isHeard(message));
  }
}

function eachMessage(socket: Socket, take: (message: Message) => void): void {
  let buffer = '';
  socket.setEncoding('latin1');
  socket.on('data', (data: string) => {
    buffer += data;
    for (let length = endOfMessage(buffer); length > 0; length = endOfMessage(buffer)) {
      const text = buffer.slice(0, length);
      buffer = buffer.slice(length);
      take(new Message(text));
    }
  });
}
