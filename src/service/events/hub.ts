/**
 * The hub of the event stream: what happens in the accounts, written out once, to everyone who listens.
 *
 * 1. Audit records are in the order of their log, each with the id from which a listener can go on. One that did not become
 *    durable is told without: the next process may give its number to another.
 * 2. How a thing stands is told after the records that changed it.
 */
import type { Subscription } from 'rxjs';
import type { AuditRecord } from '../../domain/audit.js';
import type { Clock } from '../../domain/ports.js';
import { attempt } from '../../domain/reading.js';
import { isoTime } from '../../domain/time.js';
import type { Account, OpenAccount } from '../accounts/account.js';
import type { EventName, Topic } from '../api/events.js';
import type { Views } from '../views/views.js';
import { delivery } from './delivery.js';
import type { Frame, Listener } from './listener.js';
import { type LogPosition, markOf, type StreamPosition, writePosition } from './position.js';

/** A thing that stands: its key, its topic, and how it is written out. */
type Stand = readonly [key: string, topic: Topic, make: () => Frame | undefined];

interface HubParts {
  readonly clock: Clock;
  readonly views: Views;
  /** How long events wait for others, in ms. */
  readonly batchMs: number;
  readonly heartbeatMs: number;
}

export interface Hub {
  /** Follows an account that has been opened. */
  follow(account: OpenAccount): void;
  /** How things stand has changed without a line in an audit log. */
  changed(topic: 'switches' | 'account', account?: Account): void;
  /** From this turn on it is told what happens. */
  join(listener: Listener): void;
  leave(listener: Listener): void;
  readonly listeners: number;
  /** The last record of each account that has been sent. */
  readonly position: StreamPosition;
  /** Told of each audit record when listeners are, before it is written out. */
  onAudit(listen: (account: OpenAccount, record: AuditRecord) => void): void;
  frame(event: EventName, data: object, about?: Partial<Frame>, id?: string): Frame;
  /** The frame of a record, as if everything before it had been sent. */
  auditFrame(account: string, record: AuditRecord, position: StreamPosition | undefined): Frame;
  /** How the things stand that the record is about: each by a key, to be written out when it is told. */
  standsOf(account: OpenAccount, record: AuditRecord): Iterable<Stand>;
  close(): void;
}

/** Of the journal that the log is in; empty while it is. */
function logMark(account: OpenAccount): string {
  const [first] = attempt(() => account.lookup().records(1, 1)) ?? [];
  return markOf(first);
}

export function hub({ clock, views, batchMs, heartbeatMs }: HubParts): Hub {
  const delivered = delivery(clock, batchMs);
  const position = new Map<string, LogPosition>();
  const subscriptions: Subscription[] = [];
  const heard: ((account: OpenAccount, record: AuditRecord) => void)[] = [];
  const touch = delivered.touch;
  let heartbeat: unknown;

  function frame(event: EventName, data: object, about: Partial<Frame> = {}, id?: string): Frame {
    const line = id === undefined ? '' : `id: ${id}\n`;
    return { ...about, bytes: Buffer.from(`${line}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`) };
  }

  function auditFrame(account: string, record: AuditRecord, at: StreamPosition | undefined): Frame {
    const id = at === undefined ? undefined : writePosition(at);
    return frame('audit', { account, ...record }, { topic: 'audit', account, advisoryId: record.advisoryId }, id);
  }

  function beat(): void {
    heartbeat = clock.setTimeout(() => {
      delivered.put(frame('heartbeat', { time: isoTime(clock.now()) }));
      beat();
    }, heartbeatMs);
  }

  const standFrame = (topic: Topic, account: string, advisoryId: string | undefined, data: object | undefined) =>
    data === undefined ? undefined : frame(topic, data, { topic, account, advisoryId });

  const executionFrame = (account: OpenAccount, advisoryId: string) => () =>
    standFrame('execution', account.name, advisoryId, views.execution(account, advisoryId));

  function caseFrames(account: OpenAccount, { event, details }: AuditRecord): (() => Frame | undefined) | undefined {
    if (event !== 'case_opened' && event !== 'case_resolved') return undefined;
    const caseId = String(details['caseId']);
    return () => {
      const found = views.case(account, caseId);
      return standFrame('case', account.name, found?.advisoryId, found);
    };
  }

  function tell(account: OpenAccount, record: AuditRecord): void {
    const { name } = account;
    views.sawRecord(account, record);
    const isDurable = record.seq <= account.durableSeq();
    if (isDurable) position.set(name, { seq: record.seq, mark: position.get(name)?.mark || logMark(account) });
    for (const listen of heard) listen(account, record);
    if (delivered.size === 0) return;
    delivered.put(auditFrame(name, record, isDurable ? position : undefined));
    for (const [key, , make] of standsOf(account, record)) touch(key, make);
  }

  function* standsOf(account: OpenAccount, record: AuditRecord): Generator<Stand> {
    const { advisoryId, event } = record;
    if (advisoryId !== undefined)
      yield [`execution ${account.name} ${advisoryId}`, 'execution', executionFrame(account, advisoryId)];
    const makeCase = caseFrames(account, record);
    if (makeCase !== undefined) yield [`case ${account.name} ${String(record.details['caseId'])}`, 'case', makeCase];
    if (event === 'kill_switch_set' || event === 'kill_switch_released') yield ['switches', 'switches', switchesFrame];
  }

  const switchesFrame = (): Frame => frame('switches', views.switches(), { topic: 'switches' });

  function follow(account: OpenAccount): void {
    const { name, engine } = account;
    position.set(name, { seq: engine.executionLogs.at(-1)?.seq ?? 0, mark: logMark(account) });
    subscriptions.push(
      engine.audit$.subscribe((record) => tell(account, record)),
      engine.exits$.subscribe((view) => {
        const { advisoryId } = view;
        views.sawPosition(account, view);
        touch(`position ${name} ${advisoryId}`, () =>
          standFrame('position', name, advisoryId, { account: name, ...view }),
        );
        touch(`execution ${name} ${advisoryId}`, executionFrame(account, advisoryId));
      }),
    );
  }

  beat();
  return {
    follow,
    frame,
    auditFrame,
    position,
    changed(topic, account) {
      if (topic === 'switches') touch(topic, switchesFrame);
      else if (account !== undefined)
        touch(`account ${account.name}`, () => standFrame(topic, account.name, undefined, views.account(account)));
    },
    standsOf,
    join: delivered.join,
    leave: delivered.leave,
    get listeners() {
      return delivered.size;
    },
    onAudit: (listen) => void heard.push(listen),
    close() {
      clock.clearTimeout(heartbeat);
      for (const one of subscriptions) one.unsubscribe();
      delivered.close(frame('goodbye', { why: 'CLOSING', message: 'The service is going down.' }));
    },
  };
}
