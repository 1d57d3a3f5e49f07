/**
 * One connection and the FIX session on it, on jspurefix.
 *
 * 1. A session ends once, with its cause; a new one is made for each connection, with buffers of its own.
 * 2. It says that it is ready after the counterparty's Logon, and is not ready from a Logout on.
 * 3. A gap that the counterparty asks for is filled, never replayed: an order is not sent again.
 * 4. The library logs nothing: its log lines hold whole messages.
 * 5. A certificate that does not verify ends the connection, whatever the options and the environment say.
 * 6. What arrives is counted when it has been taken in: what was not is asked for again after the next logon.
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Received } from './execution-report.js';
import type { FixLibrary, LoadedFix } from './library.js';
import type { Body } from './messages.js';
import type { FixSettings } from './options.js';
import type { SequenceNumbers } from './sequence-numbers.js';
import { TAG } from './tags.js';

export interface SessionListener {
  ready(): void;
  received(message: Received): void;
  /** The counterparty's Logout, with its text. */
  loggedOut(text: string): void;
  /** The counterparty has begun its sequence numbers anew, or left some out, and we had not asked for it. */
  renumbered(what: string): void;
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

const LOGON = 'A';
const LOGOUT = '5';
const SEQUENCE_RESET = '4';

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
    const parts = { numbers, resets, listener: { ...listener, ended: end } };
    inner = makeSession(loaded, describe(settings, resets), socket, parts);
  }

  const socket = connect(settings, connected);
  socket.on('error', (error) => end(connectionProblem(error, settings.host)));
  socket.on('close', () => end('the connection was closed'));

  return {
    send: (type, body) => (isEnded ? undefined : inner?.transmit(type, body)),
    logOut: () => (inner === undefined ? end('closed before a connection was made') : inner.done()),
    end,
  };
}

function connectionProblem(error: Error, host: string): string {
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string') return `the connection failed: ${error.message}`;
  return /CERT|ISSUER|VERIFY_LEAF/.test(code)
    ? `the certificate of ${host} does not verify (${code}); one to trust goes into the option tls.ca`
    : `the connection failed: ${code}`;
}

function connect({ host, port, tls }: FixSettings, connected: () => void): Socket {
  return tls === undefined
    ? connectTcp({ host, port }, connected)
    : connectTls(
        { ...(isIP(host) === 0 && { servername: host }), ...tls, host, port, rejectUnauthorized: true },
        connected,
      );
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

interface Parts {
  readonly numbers: SequenceNumbers;
  /** We ask for new sequence numbers. */
  readonly resets: boolean;
  readonly listener: SessionListener;
}

function makeSession({ library, dictionary }: LoadedFix, description: Description, socket: Socket, parts: Parts) {
  const factory = new library.AsciiSessionMsgFactory(description);
  const config = new library.JsFixConfig(factory, dictionary, description, 1, new library.EmptyLogFactory());
  config.sessionStoreFactory = { create: (id) => parts.numbers.storeFor(id) };
  const container = new library.SessionContainer();
  container.registerSession(config, container.newChild(description));
  const session = new (sessionClass(library))(config, parts);
  // An `error` without a listener would end the process; what is to be known comes through `onStopped`.
  session.on('error', () => {});
  const transport = new library.MsgTransport(0, config, new library.TcpDuplex(socket));
  // The socket's errors are repeated here, also when the session has let go of it.
  transport.receiver.on('error', () => {});
  transport.transmitter.on('error', () => {});
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
    readonly #parts: Parts;
    #isReady = false;
    /** Why the library is about to stop without a word. */
    #cause: string | undefined;

    constructor(config: InstanceType<Library['JsFixConfig']>, parts: Parts) {
      super(config);
      this.#parts = parts;
      this.#listener = parts.listener;
    }

    transmit(type: string, body: Body): number | undefined {
      let sequenceNumber: number | undefined;
      this.send(type, { ...body }, (error, { header }) => {
        const number = header?.['MsgSeqNum'];
        if (error === null && typeof number === 'number') sequenceNumber = number;
      });
      return sequenceNumber;
    }

    protected override onMsg(type: string, view: View): void {
      const { numbers } = this.#parts;
      const number = Number(view.getString(TAG.msgSeqNum));
      const isReset = type === LOGON && view.getString(TAG.resetSeqNumFlag) === 'Y';
      const isOld = number < numbers.target && view.getString(TAG.possDupFlag) !== 'Y';
      if (isOld && !isReset && type !== SEQUENCE_RESET) this.#cause = tooLow(number, numbers.target);
      super.onMsg(type, view as never);
      this.#cause = undefined;
      if (!Number.isSafeInteger(number)) return;
      if (isReset && !this.#parts.resets) this.#listener.renumbered('has begun its sequence numbers anew');
      if (type === SEQUENCE_RESET) this.#renumber(number, view);
      else numbers.arrived(number);
    }

    #renumber(number: number, view: View): void {
      const { numbers } = this.#parts;
      const next = Number(view.getString(TAG.newSeqNo));
      if (!Number.isSafeInteger(next)) return;
      if (view.getString(TAG.gapFillFlag) === 'Y') numbers.arrived(number, next);
      else {
        if (next !== numbers.target) this.#listener.renumbered(`has set its sequence number to ${next}`);
        numbers.setByPeer(next);
      }
    }

    protected override onSessionMsg(type: string, view: View): void {
      if (type === LOGOUT) {
        this.#isReady = false;
        this.#listener.loggedOut(view.getString(TAG.text) ?? '');
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
      this.#listener.ended(this.#cause ?? error?.message ?? 'the session ended');
    }

    protected override onLogon(): boolean {
      return true;
    }

    protected override onDecoded(): void {}

    protected override onEncoded(): void {}
  };
}

const tooLow = (number: number, expected: number): string =>
  `its MsgSeqNum ${number} is too low, ${expected} was expected: it has begun anew without telling; agree on the numbers with the counterparty, or start once with resetOnLogon`;

/** A view of the library is good during its event only; everything here is read within it. */
const receivedOf = (type: string, view: View): Received => ({
  type,
  field: (tag) => view.getString(tag) ?? undefined,
  fields: (tag) => (view.getStrings(tag) ?? []).map((value) => value ?? ''),
});
