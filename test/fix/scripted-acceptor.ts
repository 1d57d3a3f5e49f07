/**
 * A FIX acceptor that does what a test tells it to, on a loopback port: a second reading of the protocol, on sockets alone.
 *
 * 1. Sequence numbers and what was sent outlive a connection, as at a real counterparty: a gap is asked for, and filled.
 * 2. Application messages are replayed with PossDupFlag; session messages are skipped by a gap fill.
 * 3. Orders are answered by the `script`; without one they are met with silence.
 */

import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

export type Tags = Readonly<Record<number, string | number>>;

export class Message {
  readonly text: string;
  readonly #fields: Map<number, string>;

  constructor(text: string) {
    this.text = text;
    const pairs = text.split('\x01').filter((part) => part.includes('='));
    this.#fields = new Map(
      pairs.map((part) => [Number(part.slice(0, part.indexOf('='))), part.slice(part.indexOf('=') + 1)]),
    );
  }

  get type(): string {
    return this.tag(35);
  }

  tag(number: number): string {
    return this.#fields.get(number) ?? '';
  }

  get tags(): readonly number[] {
    return [...this.#fields.keys()];
  }
}

export interface AcceptorOptions {
  readonly version?: 'FIX.4.2' | 'FIX.4.4';
  /** What is done with a Logon: answered, met with silence, refused with a Logout, or the connection is cut. */
  onLogon?: 'answer' | 'silence' | 'logout' | 'reject' | 'cut';
  /** Text of the Logout or Reject that refuses a Logon. */
  logoutText?: string;
  /** Answers every Logon with new sequence numbers. */
  resetsAtLogon?: boolean;
  /** Listens with TLS. */
  readonly tls?: TlsOptions;
}

export type Script = (message: Message, acceptor: ScriptedAcceptor) => void;

export class ScriptedAcceptor {
  readonly received: Message[] = [];
  readonly options: AcceptorOptions;
  script: Script = () => {};
  logons = 0;
  /** True: what is sent is numbered and kept, and does not reach the wire. */
  isMute = false;
  /** True: what comes is counted and kept, and met with silence, session messages included. */
  isDeaf = false;
  /** Instead of the answer to a resend request. */
  onResend: ((request: Message) => void) | undefined;
  /** Damages the next message on its way, once; the message that is sent again is whole. */
  damage: ((text: string) => string) | undefined;
  /** Real time of each Logon that came, in ms. */
  readonly logonTimes: number[] = [];
  nextOut = 1;
  nextIn = 1;
  readonly #server: Server;
  readonly #sent = new Map<number, { type: string; tags: Tags }>();
  #socket: Socket | undefined;
  #sockets = new Set<Socket>();
  #wakers: (() => void)[] = [];
  #executions = 0;
  #echoes = 0;

  private constructor(options: AcceptorOptions) {
    this.options = options;
    const accept = (socket: Socket): void => this.#accept(socket);
    this.#server = options.tls === undefined ? createServer(accept) : createTlsServer(options.tls, accept);
  }

  static async listen(options: AcceptorOptions = {}): Promise<ScriptedAcceptor> {
    const acceptor = new ScriptedAcceptor(options);
    await new Promise<void>((resolve) => acceptor.#server.listen(0, '127.0.0.1', resolve));
    return acceptor;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get version(): string {
    return this.options.version ?? 'FIX.4.4';
  }

  /** Messages of a type that were received, in order, without those that were sent again. */
  of(type: string): readonly Message[] {
    return this.received.filter((message) => message.type === type);
  }

  /** Resolves when the condition holds; it is looked at after every message. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#wakers.push(resolve));
  }

  /** Application messages so far, both ways. */
  get traffic(): number {
    const isApplication = ({ type }: Message) => !['0', '1', '2', '3', '4', '5', 'A'].includes(type);
    return this.received.filter(isApplication).length + this.#sent.size;
  }

  /** A test request and its answer: whatever was sent before it, either way, has arrived. Nothing without a session. */
  async echo(): Promise<void> {
    if (this.#socket === undefined || this.#socket.destroyed) return;
    this.#echoes += 1;
    const name = `echo-${this.#echoes}`;
    this.#write('1', this.nextOut++, { 112: name });
    const isAnswered = () => this.received.some((message) => message.tag(112) === name);
    await this.until(() => isAnswered() || this.#socket?.destroyed === true);
  }

  /** Ends the connection without a word. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Resets the connection: the other side sees an error, not an end. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  send(type: string, tags: Tags): void {
    const number = this.nextOut;
    this.nextOut += 1;
    this.#sent.set(number, { type, tags });
    if (!this.isMute) this.#write(type, number, tags);
  }

  heartbeat(): void {
    this.#write('0', this.nextOut++, {});
  }

  /** Sets its own number to `next`, whatever was before. */
  sendReset(next: number): void {
    this.#write('4', this.nextOut, { 36: next });
    this.nextOut = next;
  }

  /** An execution report on an order that was received. */
  report(order: Message, tags: Tags): void {
    this.#executions += 1;
    const orderId = `o-${order.tag(11)}`;
    const base = {
      37: orderId,
      11: order.tag(11),
      17: `e${this.#executions}`,
      20: 0,
      55: order.tag(55),
      54: order.tag(54),
    };
    const { 20: transType, ...modern } = base;
    this.send('8', {
      ...(this.version === 'FIX.4.2' ? { ...modern, 20: transType } : modern),
      151: 0,
      14: 0,
      6: 0,
      ...tags,
    });
  }

  accept(order: Message): void {
    this.report(order, { 150: 0, 39: 0, 151: order.tag(38) });
  }

  fill(order: Message, quantity: string, price: string, cumQty = quantity): void {
    const isWhole = cumQty === order.tag(38);
    const execType = this.version === 'FIX.4.2' ? (isWhole ? 2 : 1) : 'F';
    this.report(order, { 150: execType, 39: isWhole ? 2 : 1, 14: cumQty, 6: price, 32: quantity, 31: price });
  }

  #accept(socket: Socket): void {
    let buffer = '';
    this.#sockets.add(socket);
    socket.setEncoding('latin1');
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#wake();
    });
    socket.on('data', (data: string) => {
      buffer += data;
      for (let length = endOfMessage(buffer); length > 0; length = endOfMessage(buffer)) {
        const text = buffer.slice(0, length);
        buffer = buffer.slice(length);
        this.#receive(new Message(text), socket);
      }
    });
  }

  #receive(message: Message, socket: Socket): void {
    const number = Number(message.tag(34));
    if (message.type === 'A') {
      this.#logon(message, socket);
      return;
    }
    if (message.type === '4') this.nextIn = Number(message.tag(36));
    else if (number > this.nextIn) {
      this.#write('2', this.nextOut++, { 7: this.nextIn, 16: 0 });
      return;
    } else if (number === this.nextIn) this.nextIn += 1;
    else if (message.tag(43) !== 'Y') throw new Error(`sequence number ${number} again: ${message.text}`);
    this.received.push(message);
    if (this.isDeaf) this.#wake();
    else this.#answer(message, socket);
  }

  #answer(message: Message, socket: Socket): void {
    if (message.type === '1') this.#write('0', this.nextOut++, { 112: message.tag(112) });
    else if (message.type === '2' && this.onResend !== undefined) this.onResend(message);
    else if (message.type === '2') this.replay(Number(message.tag(7)));
    else if (message.type === '5') this.#logout(socket);
    else if (!['0', '3', '4'].includes(message.type)) this.script(message, this);
    this.#wake();
  }

  #logon(message: Message, socket: Socket): void {
    this.received.push(message);
    this.logonTimes.push(performance.now());
    this.#socket = socket;
    const { onLogon = 'answer', logoutText = 'not today' } = this.options;
    if (onLogon === 'cut') socket.destroy();
    if (onLogon === 'logout') {
      this.#write('5', this.nextOut++, { 58: logoutText });
      socket.end();
    }
    if (onLogon === 'reject') {
      this.#write('3', this.nextOut++, { 45: message.tag(34), 372: 'A', 373: 5, 58: logoutText });
      socket.end();
    }
    if (onLogon === 'answer') {
      const isAsked = message.tag(141) === 'Y';
      const resets = isAsked || this.options.resetsAtLogon === true;
      if (resets) this.beginAnew();
      const number = Number(message.tag(34));
      this.logons += 1;
      this.#write('A', this.nextOut++, { 98: 0, 108: message.tag(108), ...(resets && { 141: 'Y' }) });
      if (resets && !isAsked) this.nextIn = 1;
      else if (number > this.nextIn) this.#write('2', this.nextOut++, { 7: this.nextIn, 16: 0 });
      else this.nextIn = number + 1;
    }
    this.#wake();
  }

  /** Both numbers are 1 again, and nothing is sent again. */
  beginAnew(): void {
    this.nextIn = 1;
    this.nextOut = 1;
    this.#sent.clear();
  }

  #logout(socket: Socket): void {
    this.#write('5', this.nextOut++, {});
    socket.end();
  }

  /** Sends again from a number on: application messages, and gap fills for the rest. */
  replay(from: number): void {
    let skipped: number | undefined;
    const skipTo = (number: number): void => {
      if (skipped !== undefined) this.#write('4', skipped, { 43: 'Y', 123: 'Y', 36: number });
      skipped = undefined;
    };
    const end = this.nextOut;
    for (let number = from; number < end; number++) {
      const sent = this.#sent.get(number);
      if (sent === undefined) {
        skipped ??= number;
        continue;
      }
      skipTo(number);
      this.#write(sent.type, number, { 43: 'Y', 122: now(), ...sent.tags });
    }
    skipTo(end);
  }

  #write(type: string, number: number, tags: Tags): void {
    const { 43: possDup, 122: origTime, ...body } = tags;
    const header: [number, string | number][] = [
      [35, type],
      [49, 'VENUE'],
      [56, 'US'],
      [34, number],
      ...(possDup === undefined ? [] : ([[43, possDup]] as [number, string | number][])),
      [52, now()],
      ...(origTime === undefined ? [] : ([[122, origTime]] as [number, string | number][])),
    ];
    const fields = [...header, ...Object.entries(body)].map(([tag, value]) => `${tag}=${value}\x01`).join('');
    const damage = this.damage ?? ((text: string) => text);
    this.damage = undefined;
    this.raw(damage(framed(this.version, fields)));
  }

  /** Bytes as they are, whatever they say. */
  raw(text: string): void {
    this.#socket?.write(text, 'latin1');
  }

  #wake(): void {
    const woken = this.#wakers;
    this.#wakers = [];
    for (const wake of woken) wake();
  }
}

const now = (): string => new Date().toISOString().replaceAll('-', '').replace('T', '-').replace('Z', '');

/** The fields of a message with BeginString, BodyLength and CheckSum around them. */
export function framed(version: string, fields: string): string {
  const text = `8=${version}\x019=${fields.length}\x01${fields}`;
  const sum = [...text].reduce((total, character) => total + character.charCodeAt(0), 0) % 256;
  return `${text}10=${String(sum).padStart(3, '0')}\x01`;
}

/** Length of the first whole message, its checksum field included; 0 when there is none. */
export function endOfMessage(buffer: string): number {
  const checksum = buffer.indexOf('\x0110=');
  const end = checksum < 0 ? -1 : buffer.indexOf('\x01', checksum + 1);
  return end + 1;
}
