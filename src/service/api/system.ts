/**
 * Shapes of what the service says of itself: health, readiness, identity, the registry of codes, events.
 */
import { type Static, Type } from '@sinclair/typebox';
import { Time, Words } from './common.js';
import { AccountState } from './controls.js';

export const ROLES = ['viewer', 'trader', 'operator'] as const;
/** What the bearer of a token may do. @beta @since 0.1.0 */
export type Role = (typeof ROLES)[number];

export const Health = Type.Object({ status: Type.Literal('ok') }, { $id: 'Health', title: 'Health' });

export const Readiness = Type.Object(
  {
    ready: Type.Boolean(),
    draining: Type.Boolean({ description: 'The service is going down: it takes nothing new.' }),
    accounts: Type.Array(AccountState),
  },
  { $id: 'Readiness', title: 'Readiness' },
);
export type Readiness = Static<typeof Readiness>;

export const Session = Type.Object(
  {
    name: Type.String({ description: 'The name of the token; `local` where no tokens are configured.' }),
    role: Words(ROLES),
    tokens: Type.Boolean({ description: 'Whether tokens are configured.' }),
    version: Type.String(),
    time: Time,
  },
  { $id: 'Session', title: 'Session' },
);
export type Session = Static<typeof Session>;

export const ReasonList = Type.Object(
  {
    reasons: Type.Array(
      Type.Object({
        code: Type.String(),
        kind: Type.String(),
        sentence: Type.String(),
        raisedIn: Type.Array(Type.String()),
        mayRetry: Type.Boolean(),
      }),
    ),
  },
  { $id: 'ReasonList', title: 'ReasonList' },
);
export type ReasonList = Static<typeof ReasonList>;

export const AccessEntry = Type.Object(
  {
    seq: Type.Integer({ description: 'Position in the log; counts on where the log is kept in a file.' }),
    at: Time,
    requestId: Type.String(),
    by: Type.String(),
    role: Words(ROLES),
    action: Type.String({ description: 'The operation, such as `submitExecution`.' }),
    on: Type.String({ description: 'Method and path.' }),
    about: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        description: 'What the body says it is about, such as `advisoryId`.',
      }),
    ),
    outcome: Type.Integer({ description: 'HTTP status of the answer.' }),
    code: Type.Optional(Type.String({ description: 'A code of the registry, where it was refused.' })),
    from: Type.String({ description: 'Address of the caller.' }),
    prevHash: Type.String({ description: 'Hash of the entry before it.' }),
    hash: Type.String({ description: 'SHA-256, hex, of the entry’s other members as canonical JSON.' }),
  },
  { $id: 'AccessEntry', title: 'AccessEntry' },
);
export type AccessEntry = Static<typeof AccessEntry>;

export const AccessLog = Type.Object({ entries: Type.Array(AccessEntry) }, { $id: 'AccessLog', title: 'AccessLog' });
export type AccessLog = Static<typeof AccessLog>;
