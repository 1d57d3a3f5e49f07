/**
 * One connection and the FIX session on it, on jspurefix.
 *
 * 1. A session ends once, with its cause; a new one is made for each connection, with buffers of its own.
 * 2. It says that it is ready after the counterparty's Logon, and is not ready from a Logout on.
 * 3. A gap that the counterparty asks for is filled, never replayed: an order is not sent again.
 * 4. The library logs nothing: its log lines hold whole messages.
 */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Received } from './execution-report.js';
import type { FixLibrary, LoadedFix } from './library.js';
import type { Body } from './messages.js';
import type { FixSettings } from './options.js';
import type { SequenceNumbers } from './sequence-numbers.js';

export interface SessionListener {
  ready(): void;
  received(message: Received): void;
  /** The counterparty's Logout, with its text. */
  loggedOut(text: string): void;
  /** Called once. */
  ended(cause: string): void;
}

export interface FixSession {
  /** Hands a message over; its sequence number, or `undefined` when the library did not take it. */
  send(type: string, body: Body): number | undefined;
  /** Sends a Logout; the end follows when it is confirmed. */
  logOut(): void;
  /** Ends the session and the connection now. */
  end(cause: string): void;
}

type Library = FixLibrary;
type Description = InstanceType<Library['JsFixConfig']>['description'];

/** The part of a received message of the library that is used. */
interface View {
  getString(tag: number): string | null;
  getStrings(tag: number): (string | null)[] | null;
}

const LOGOUT = '5';
const TEXT = 58;

/** Connects, and begins a session on the connection. `resets` asks for new sequence numbers. */
export function openSession(
  loaded: LoadedFix,
  settings: FixSettings,
  numbers: SequenceNumbers,
  resets: boolean,
  listener: SessionListener,
): FixSession {
  let inner: ReturnType<typeof makeSession> | undefined;
  let isEnded = false;

  function end(cause: string): void {
    if (isEnded) return;
    isEnded = true;
    inner?.requestStop(cause);
    socket.destroy();
    listener.ended(cause);
  }

  function connected(): void {
    if (isEnded) return;
    socket.setNoDelay(true);
    inner = makeSession(loaded, numbers, describe(settings, resets), socket, { ...listener, ended: end });
  }

  const socket = connect(settings, connected);
  socket.on('error', (error) => end(`the connection failed: ${codeOf(error)}`));
  socket.on('close', () => end('the connection was closed'));

  return {
    send: (type, body) => (isEnded ? undefined : inner?.transmit(type, body)),
    logOut: () => (inner === undefined ? end('closed before a connection was made') : inner.done()),
    end,
  };
}

const codeOf = (error: unknown): string => {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return typeof code === 'string' ? code : String(message);
};

function connect({ host, port, tls }: FixSettings, connected: () => void): Socket {
  return tls === undefined
    ? connectTcp({ host, port }, connected)
    : connectTls({ servername: host, ...tls, host, port }, connected);
}

function describe(settings: FixSettings, resets: boolean): Description {
  const { version, username, password, passwordField, senderSubId, targetSubId } = settings;
  const secret =
    password === undefined || passwordField === 'Password' ? {} : { RawDataLength: password.length, RawData: password };
  return {
    application: {
      name: 'fillchart',
      type: 'initiator',
      protocol: 'ascii',
      dictionary: version,
      resilient: false,
      reconnectSeconds: 0,
    },
    Name: 'fillchart',
    BeginString: version,
    SenderCompId: settings.senderCompId,
    TargetCompID: settings.targetCompId,
    // The library leaves empty fields out.
    SenderSubID: senderSubId ?? '',
    TargetSubID: targetSubId ?? '',
    Username: version === 'FIX.4.4' ? (username ?? '') : '',
    Password: version === 'FIX.4.4' && passwordField === 'Password' ? (password ?? '') : '',
    ResetSeqNumFlag: resets,
    HeartBtInt: settings.heartbeatSeconds,
    Logon: { ...secret, ...settings.logon },
    store: { type: 'memory', resendGapFillOnly: true } as Description['store'] & object,
  };
}

function makeSession(
  { library, dictionary }: LoadedFix,
  numbers: SequenceNumbers,
  description: Description,
  socket: Socket,
  listener: SessionListener,
) {
  const factory = new library.AsciiSessionMsgFactory(description);
  const config = new library.JsFixConfig(factory, dictionary, description, 1, new library.EmptyLogFactory());
  config.sessionStoreFactory = { create: (id) => numbers.storeFor(id) };
  const container = new library.SessionContainer();
  container.registerSession(config, container.newChild(description));
  const session = new (sessionClass(library))(config, listener);
  // An `error` without a listener would end the process; what is to be known comes through `onStopped`.
  session.on('error', () => {});
  const transport = new library.MsgTransport(0, config, new library.TcpDuplex(socket));
  session.run(transport).catch(() => {});
  return session;
}

const classes = new WeakMap<Library, ReturnType<typeof declareSession>>();

function sessionClass(library: Library): ReturnType<typeof declareSession> {
  const known = classes.get(library) ?? declareSession(library);
  classes.set(library, known);
  return known;
}

function declareSession({ AsciiSession }: Library) {
  return class Session extends AsciiSession {
    readonly #listener: SessionListener;
    #isReady = false;

    constructor(config: InstanceType<Library['JsFixConfig']>, listener: SessionListener) {
      super(config);
      this.#listener = listener;
    }

    transmit(type: string, body: Body): number | undefined {
      let sequenceNumber: number | undefined;
      this.send(type, { ...body }, (error, { header }) => {
        const number = header?.['MsgSeqNum'];
        if (error === null && typeof number === 'number') sequenceNumber = number;
      });
      return sequenceNumber;
    }

    protected override onSessionMsg(type: string, view: View): void {
      if (type === LOGOUT) {
        this.#isReady = false;
        this.#listener.loggedOut(view.getString(TEXT) ?? '');
      }
      super.onSessionMsg(type, view as never);
      this.#listener.received(receivedOf(type, view));
    }

    /** The library would hang up on an execution report that comes while it fills a gap or awaits a heartbeat. */
    protected override validStateApplicationMsg(): boolean {
      return this.#isReady || super.validStateApplicationMsg();
    }

    protected override onApplicationMsg(type: string, view: View): void {
      this.#listener.received(receivedOf(type, view));
    }

    protected override onReady(): void {
      this.#isReady = true;
      this.#listener.ready();
    }

    protected override onStopped(error?: Error): void {
      this.#isReady = false;
      this.#listener.ended(error?.message ?? 'the session ended');
    }

    protected override onLogon(): boolean {
      return true;
    }

    protected override onDecoded(): void {}

    protected override onEncoded(): void {}
  };
}

/** A view of the library is good during its event only; everything here is read within it. */
const receivedOf = (type: string, view: View): Received => ({
  type,
  field: (tag) => view.getString(tag) ?? undefined,
  fields: (tag) => (view.getStrings(tag) ?? []).map((value) => value ?? ''),
});
