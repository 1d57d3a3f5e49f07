/**
 * Restate's objects in memory: state by key, and messages that are sent now or later, under a time that the test moves on.
 */
import { rpc } from '@restatedev/restate-sdk';

type Handler = (ctx: never, parameter: never) => Promise<unknown>;
type Handlers = Readonly<Record<string, Handler>>;

interface Message {
  readonly at: number;
  readonly service: string;
  readonly key: string;
  readonly handler: string;
  readonly parameter: unknown;
}

const SendOpts = rpc.sendOpts({ delay: 0 }).constructor as new () => ReturnType<typeof rpc.sendOpts>;

const nothing = (): void => undefined;
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** @param said is told what a handler says to the log of its worker */
export function fakeRestate(
  services: Readonly<Record<string, Handlers>>,
  startedAt: number,
  said: Partial<Record<keyof typeof SILENT, (...given: unknown[]) => void>> = {},
) {
  /** By service and key, then by the name of the state. */
  const states = new Map<string, Map<string, unknown>>();
  /** In the order in which they are due. */
  const later: Message[] = [];
  let now = startedAt;

  const copy = <T>(value: T): T => (value === undefined ? value : (structuredClone(value) as T));

  function stateOf(service: string, key: string): Map<string, unknown> {
    const known = states.get(`${service}/${key}`) ?? new Map<string, unknown>();
    states.set(`${service}/${key}`, known);
    return known;
  }

  const client =
    (take: (service: string, key: string, handler: string, given: readonly unknown[]) => unknown) =>
    ({ name }: { name: string }, key: string) =>
      new Proxy(
        {},
        {
          get:
            (_none, handler) =>
            (...given: unknown[]) =>
              take(name, key, String(handler), given),
        },
      );

  function contextOf(service: string, key: string) {
    const state = stateOf(service, key);
    return {
      key,
      get: async (name: string) => copy(state.get(name) ?? null),
      set: (name: string, value: unknown) => void state.set(name, copy(value)),
      clear: (name: string) => void state.delete(name),
      clearAll: () => state.clear(),
      stateKeys: async () => [...state.keys()],
      console: { ...SILENT, ...said },
      date: { now: async () => now },
      run: (_name: string, act: () => unknown) => Promise.resolve(act()),
      genericSend: () => undefined,
      objectClient: client((name, to, handler, [parameter]) => call(name, to, handler, parameter)),
      objectSendClient: client((name, to, handler, given) => {
        const last = given.at(-1);
        const delay = last instanceof SendOpts ? Number(last.getOpts().delay ?? 0) : 0;
        const [parameter] = given[0] instanceof SendOpts ? [] : given;
        send({ at: now + delay, service: name, key: to, handler, parameter: copy(parameter) });
      }),
    };
  }

  async function call(service: string, key: string, handler: string, parameter?: unknown): Promise<unknown> {
    const act = services[service]?.[handler];
    if (act === undefined) throw new Error(`${service} has no handler ${handler}`);
    return copy(await act(contextOf(service, key) as never, copy(parameter) as never));
  }

  function send(message: Message): void {
    const place = later.findLastIndex(({ at }) => at <= message.at);
    later.splice(place + 1, 0, message);
  }

  /** Delivers what is due, and what that sends. */
  async function settle(): Promise<void> {
    for (let next = later[0]; next !== undefined && next.at <= now; next = later[0]) {
      later.shift();
      await call(next.service, next.key, next.handler, next.parameter);
    }
  }

  return {
    call,
    /** Of a handler of the service, for what is called with one. */
    context: contextOf,
    settle,
    async advance(ms: number): Promise<void> {
      now += ms;
      await settle();
    },
    get now() {
      return now;
    },
    /** Rows and bytes of state, by service and key; none where nothing is kept. */
    sizes(): ReadonlyMap<string, { readonly rows: number; readonly bytes: number }> {
      const kept = [...states].filter(([, state]) => state.size > 0);
      return new Map(
        kept.map(([name, state]) => [name, { rows: state.size, bytes: JSON.stringify([...state]).length }]),
      );
    },
  };
}
