/**
 * The service: accounts with their engines, and the HTTP server over them.
 *
 * 1. It answers before the accounts are open: until then it says that it is not ready.
 * 2. `close` takes nothing new from its first turn on; what is live is waited for, and what is not over by then is in the
 *    journals, for the next start.
 * 3. One set of kill switches covers every account (K10).
 */
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { systemClock } from '../adapters/system-clock.js';
import type { Logger } from '../domain/ports.js';
import { attempt, causeOf } from '../domain/reading.js';
import { isoTime } from '../domain/time.js';
import { createKillSwitch, type KillSwitch, type SharedKillSwitch } from '../index.js';
import { type FiguredAccount, type Figures, figures } from '../telemetry/figures.js';
import { traces } from '../telemetry/traces.js';
import { type AccessRecorder, accessLog } from './access-log.js';
import { type Account, type AccountParts, account, type OpenAccount } from './accounts/account.js';
import { accountsOf } from './accounts/accounts.js';
import { hostedAccount } from './accounts/hosted-account.js';
import { docsPage } from './docs-page.js';
import { eventLoopDelay } from './event-loop-delay.js';
import { type Hub, hub as newHub } from './events/hub.js';
import { type FollowedSwitches, followedSwitches, switchRequests } from './followed-switches.js';
import { handlers } from './handlers/handlers.js';
import { consoleFolder, pages } from './http/pages.js';
import { server } from './http/server.js';
import { ofAudit, ofBroker, ofSwitch } from './notifications/notification.js';
import { webhooks } from './notifications/webhooks.js';
import { openApi } from './openapi.js';
import { checkService, type ServiceOptions } from './options.js';
import { guard, isLoopback } from './security/guard.js';
import { identify } from './security/identify.js';
import { rateLimit } from './security/rate-limit.js';
import { twoPersonRule } from './security/two-person.js';
import { starts as newStarts } from './starts.js';
import { packageVersion } from './version.js';
import { views as newViews, type Views } from './views/views.js';
import { type Watchman, watchman } from './watchman.js';

/** A running service. @beta @since 0.1.0 */
export interface Service {
  /** The server, for tests and hosts that bring a socket of their own: `app.inject(…)`. */
  readonly app: FastifyInstance;
  /** Opens switches and accounts; resolves when each is open or has failed. `listen` does it too. */
  open(): Promise<void>;
  /** Binds, and opens the accounts; resolves with the address as soon as it answers. */
  listen(): Promise<string>;
  /** Every account has its broker connected, its journal writable and its start sweep over. */
  readonly isReady: boolean;
  /** Why it is not, a sentence each. */
  problems(): readonly string[];
  /** Resolves when it is ready. */
  ready(): Promise<void>;
  /** Nothing new is taken from this turn on. */
  close(options?: { readonly drainMs?: number }): Promise<void>;
}

const STANDARD_ERROR = 2;
const READY_LOOK_MS = 20;
const WRONG_TOKENS_PER_SECOND = 1;
const WRONG_TOKENS_BURST = 20;

/** The options with their defaults. */
type Settings = ServiceOptions & {
  readonly [Name in keyof typeof DEFAULTS]-?: NonNullable<ServiceOptions[Name]>;
};

const DEFAULTS = {
  host: '127.0.0.1',
  port: 0,
  bodyBytes: 65_536,
  requestsPerSecond: 200,
  maxListeners: 5_000,
  listenerBufferBytes: 1_048_576,
  eventBatchMs: 25,
  heartbeatMs: 10_000,
  brokerProbeMs: 15_000,
  brokerLostMs: 5_000,
} as const;

/**
 * Makes the service; nothing is opened or bound yet.
 *
 * @throws {FillchartError} `INVALID_OPTION`, naming option, value and what is accepted
 * @beta @since 0.1.0
 */
export function createService(given: ServiceOptions): Service {
  checkService(given);
  const parts = assembled(given);
  const { options, clock, all, hub, hooks, loop, state, app } = parts;
  let opening: Promise<void> | undefined;
  let closing: Promise<void> | undefined;
  const problems = (): readonly string[] => [
    ...all.flatMap((one) => one.problems()),
    ...(state.followed?.problems() ?? []),
  ];
  const isReady = (): boolean => !state.isDraining && problems().length === 0;

  async function shut(drainMs: number): Promise<void> {
    state.isDraining = true;
    await opening?.catch(() => undefined);
    for (const one of all) hub.changed('account', one);
    await Promise.all(all.map((one) => one.close(drainMs)));
    state.watchman?.stop();
    loop.stop();
    hooks.close();
    hub.close();
    state.followed?.close();
    await state.shared?.close();
    await app.close();
  }

  return {
    app,
    open() {
      opening ??= openAll(parts);
      return opening;
    },
    async listen() {
      const { host = DEFAULTS.host, port = DEFAULTS.port } = options;
      const address = await app.listen({ host, port });
      void this.open();
      return `${address}${options.basePath ?? ''}`;
    },
    get isReady() {
      return isReady();
    },
    problems,
    ready: () =>
      new Promise((resolve) => {
        const look = (): void => {
          if (isReady()) resolve();
          else if (closing === undefined) clock.setTimeout(look, READY_LOOK_MS);
        };
        look();
      }),
    close({ drainMs = 0 } = {}) {
      closing ??= shut(drainMs);
      return closing;
    },
  };
}

interface ServiceState {
  isDraining: boolean;
  /** The switches that the accounts share; absent where the only account has its own. */
  shared: SharedKillSwitch | undefined;
  killSwitch: KillSwitch | undefined;
  /** The switches of another service, which hold here too. */
  followed: FollowedSwitches | undefined;
  watchman: Watchman | undefined;
}

const newState = (): ServiceState => ({
  ...{ isDraining: false, shared: undefined, killSwitch: undefined, followed: undefined, watchman: undefined },
});

type Assembled = ReturnType<typeof assembled>;

function assembled(given: ServiceOptions) {
  const options = { ...DEFAULTS, ...defined(given) } as Settings;
  const clock = options.clock ?? systemClock();
  const logger: Logger | false =
    options.logger ?? pino({ name: 'fillchart', level: 'warn' }, pino.destination(STANDARD_ERROR));
  const state = newState();
  const starts = newStarts(clock);
  const twoPerson = twoPersonRule(options.twoPersonRelease === true, clock);
  const all: Account[] = [];
  const views = newViews({
    clock,
    accounts: all,
    killSwitch: () => state.killSwitch,
    pendingReleases: twoPerson.pending,
    twoPersonRelease: twoPerson.isOn,
    isWaiting: starts.isWaiting,
    auditSeq: (name) => hub.position.get(name)?.seq ?? 0,
  });
  const hub: Hub = newHub({ clock, views, batchMs: options.eventBatchMs, heartbeatMs: options.heartbeatMs });
  const hooks = webhooks(options.webhooks ?? [], clock, logger);
  const lost = new Set<string>();
  const version = options.version ?? packageVersion();
  const loop = eventLoopDelay();
  const spans = traces(version);
  const told = figures({
    clock,
    version,
    accounts: () => all.map(figured),
    killSwitch: () => state.killSwitch,
    listeners: () => hub.listeners,
    notifications: () => hooks,
    eventLoopDelay: loop.read,
    residentBytes: () => process.memoryUsage.rss(),
  });
  hub.onAudit(({ name }, record) => {
    starts.heard(name, record);
    told.sawAudit(name, record);
    spans.sawAudit(name, record);
    for (const told of ofAudit(name, record)) hooks.tell(told);
  });
  for (const one of options.accounts) {
    told.begin(one.name);
    const own: AccountParts = {
      clock,
      logger,
      killSwitch: () => state.shared,
      heldBy: () => state.followed?.lost(),
      probeMs: options.brokerProbeMs,
      lostAfterMs: options.brokerLostMs,
      onCall: (name, call) => told.sawCall(name, call),
      onCommit: (name, durationMs) => told.sawCommit(name, durationMs),
      onBroker: (name, connected, problem) => {
        hub.changed(
          'account',
          all.find((each) => each.name === name),
        );
        // The first connection is no news.
        if (!connected) lost.add(name);
        if (!connected || lost.delete(name)) hooks.tell(ofBroker(name, isoTime(clock.now()), connected, problem));
      },
    };
    if (one.host !== undefined) all.push(hostedAccount(one, one.host, own));
    else if (one.broker !== undefined) all.push(account(one, one.broker, own));
  }
  const access = accessLog(clock, (entry) => options.onAccess?.(entry), options.accessLogEnd);
  const app = appOf({ options, clock, logger, state, starts, twoPerson, all, views, hub, access, told, version });
  return { options, clock, logger, state, all, hub, hooks, loop, app };
}

const defined = (given: ServiceOptions): ServiceOptions =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as unknown as ServiceOptions;

interface AppParts {
  readonly options: Settings;
  readonly clock: NonNullable<ServiceOptions['clock']>;
  readonly logger: Logger | false;
  readonly state: ServiceState;
  readonly starts: ReturnType<typeof newStarts>;
  readonly twoPerson: ReturnType<typeof twoPersonRule>;
  readonly all: readonly Account[];
  readonly views: Views;
  readonly hub: Hub;
  readonly access: AccessRecorder;
  readonly told: Figures;
  readonly version: string;
}

function appOf(parts: AppParts): FastifyInstance {
  const { options, clock, logger, state, starts, twoPerson, all, views, hub, access, told, version } = parts;
  const { basePath = '', tokens, tls, host, corsOrigins = [] } = options;
  const tooSlow = hub.frame('dropped', {
    why: 'TOO_SLOW',
    message: 'This listener did not keep up. Connect again with the last event id.',
  });
  return server({
    logger,
    basePath,
    bodyBytes: options.bodyBytes,
    tls,
    guard: guard({
      hosts: options.hosts ?? (isLoopback(host) ? [] : undefined),
      origins: corsOrigins,
      isTls: tls !== undefined,
    }),
    identify: identify({
      tokens,
      rate: rateLimit(options.requestsPerSecond, 2 * options.requestsPerSecond, clock),
      wrongTokens: rateLimit(WRONG_TOKENS_PER_SECOND, WRONG_TOKENS_BURST, clock),
    }),
    onAnswer(seen) {
      access.saw(seen);
      told.sawRequest(seen.operation ?? 'none', seen.status, seen.durationMs);
    },
    page: pages(options.consoleFolder ?? consoleFolder(), basePath),
    handlers: handlers({
      clock,
      version,
      accounts: accountsOf(all),
      views,
      hub,
      starts,
      killSwitch: () => state.killSwitch,
      twoPerson,
      isDraining: () => state.isDraining,
      hasTokens: () => tokens !== undefined,
      access: () => access.entries,
      metrics: async () => ({ text: await told.text(), contentType: told.contentType }),
      openApi: () => JSON.stringify(openApi({ version, basePath }), null, 2),
      docsPage: () => docsPage(version),
      events: {
        bufferBytes: options.listenerBufferBytes,
        maxListeners: options.maxListeners,
        heartbeatMs: options.heartbeatMs,
        tooSlow: tooSlow.bytes,
        onDropped: told.droppedListener,
      },
    }),
  });
}

function figured(one: Account): FiguredAccount {
  const { name, engine, health, options } = one;
  return {
    name,
    engine,
    isReady: one.problems().length === 0,
    brokerConnected: health.connected,
    budgetLeft: attempt(() => options.broker?.capacity?.(engine?.metrics().live ?? 0)),
  };
}

const isOpen = (one: Account): one is OpenAccount => one.engine !== undefined;

async function openAll(parts: Assembled): Promise<void> {
  const { options, clock, logger, state, all, hub, hooks } = parts;
  const { killSwitchJournal: journal, killSwitchService: service } = options;
  if (journal !== undefined) state.shared = await createKillSwitch({ journal, clock, logger });
  if (state.shared !== undefined && service !== undefined) {
    state.followed = followedSwitches({
      ...{ shared: state.shared, service, clock, logger },
      request: switchRequests(service, clock),
    });
    // Engines come after: they never see a gate that nobody has asked for.
    await state.followed.begin();
  }
  const opened = (one: Account): void => {
    if (isOpen(one)) hub.follow(one);
    hub.changed('account', one);
  };
  await Promise.all(
    all.map((one) =>
      one.open().then(
        () => opened(one),
        (error: unknown) => {
          if (logger !== false)
            logger.error({ account: one.name, cause: causeOf(error) }, 'an account could not be opened');
          void one.later?.then(() => {
            opened(one);
            useSwitches(parts);
          });
        },
      ),
    ),
  );
  useSwitches(parts);
  state.watchman = watchman(all, hub, hooks, clock);
}

/** The switches that all accounts share, or those of the only one, as soon as it is open. */
function useSwitches({ state, all, hub, hooks }: Assembled): void {
  if (state.killSwitch !== undefined) return;
  state.killSwitch = state.followed?.killSwitch ?? state.shared ?? all.find(isOpen)?.engine.killSwitch;
  state.killSwitch?.changes$.subscribe((change) => {
    hub.changed('switches');
    hooks.tell(ofSwitch(change));
  });
}
