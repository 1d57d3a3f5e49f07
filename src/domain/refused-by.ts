/**
 * Who, or what, refused an advisory or cancelled its order (K8): named in the result, in its sentence and in the audit log.
 */
import type { CaseKind } from './cases.js';
import type { DecidingSwitch } from './kill-switch.js';

export type RefusedBy =
  | ({ readonly kind: 'kill-switch' } & DecidingSwitch)
  | {
      readonly kind: 'case';
      readonly caseId: string;
      readonly caseKind: CaseKind;
      readonly symbol: string;
      /** ISO 8601 UTC. */
      readonly openedAt: string;
    }
  | {
      readonly kind: 'limit';
      /** The option's name, such as `maxNotional`. */
      readonly limit: string;
      /** What the order would come to. */
      readonly value: string;
      readonly bound: string;
    };
