/**
 * Who, or what, refused an advisory or cancelled its order (K8): named in the result, in its sentence and in the audit log.
 */
import type { CaseKind } from './cases.js';
import type { DecidingSwitch } from './kill-switch.js';

/** What refused or cancelled: the kill switch, the case, the limit or the host's veto (K8, G2). @public @since 0.1.0 */
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
      /** What the order would come to; `unknown` where it cannot be valued. */
      readonly value: string;
      readonly bound: string;
      /** Where the bound is one on what adds up in this symbol. */
      readonly symbol?: string;
    };
