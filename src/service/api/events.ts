/**
 * Shapes of what `GET /v1/events` sends.
 *
 * 1. `audit` has an `id`: it stands in a journal. The id names, for each account, the last audit record that was sent; whoever
 *    sends it as `Last-Event-ID` gets every record that came after.
 * 2. The other topics have none: each tells how one thing stands now, and a later one replaces it. After a resumed stream has
 *    caught up, it tells how everything stands that the missed records were about.
 */
import { type Static, Type } from '@sinclair/typebox';
import { Account, Time, Words } from './common.js';
import { AccountState, Case, Position, SwitchList } from './controls.js';
import { AuditRecord, Execution } from './executions.js';

/** The first event of a connection. */
export const Hello = Type.Object(
  {
    time: Time,
    version: Type.String(),
    accounts: Type.Array(Account),
    heartbeatSeconds: Type.Number(),
    resumed: Type.Boolean({ description: 'What was missed since `Last-Event-ID` follows.' }),
  },
  { $id: 'Hello', title: 'Hello' },
);
export type Hello = Static<typeof Hello>;

const Heartbeat = Type.Object({ time: Time }, { $id: 'Heartbeat', title: 'Heartbeat' });

const Notice = Type.Object(
  { why: Words(['POSITION_UNKNOWN', 'TOO_SLOW', 'CLOSING']), message: Type.String() },
  { $id: 'Notice', title: 'Notice' },
);

/** What can be chosen by `topics`. */
export const TOPICS = {
  /** A record of an audit log became durable. */
  audit: AuditRecord,
  /** How an execution stands now. */
  execution: Execution,
  /** How a position and its exits stand now. */
  position: Position,
  /** A case was opened, added to, or resolved. */
  case: Case,
  /** The kill switches after a change. */
  switches: SwitchList,
  /** An account after its readiness has changed. */
  account: AccountState,
} as const;
export type Topic = keyof typeof TOPICS;

/** Every event by its name in the stream. The data of each is one line of JSON. */
export const EVENTS = {
  ...TOPICS,
  hello: Hello,
  heartbeat: Heartbeat,
  /** What was missed cannot be told: read the lists again. The stream goes on from now. */
  reset: Notice,
  /** The last event: the listener did not keep up. Connect again with the last id. */
  dropped: Notice,
  /** The last event: the service is going down. */
  goodbye: Notice,
} as const;
export type EventName = keyof typeof EVENTS;
