/**
 * The conformance cases: what the broker port promises, one promise a case.
 *
 * 1. Ids are fixed: a new case gets the next number, and no number is given twice.
 * 2. Each case gets a new broker, in the situation that it needs.
 */
import { instrumentCases, positionCases, protectionCases } from './account-cases.js';
import type { CaseDefinition } from './case-definition.js';
import { exitCases } from './exit-cases.js';
import { INCIDENTS } from './incidents.js';
import { lineCases } from './line-cases.js';
import { cancelCases, reportCases, submitCases } from './order-cases.js';
import { roughCases } from './rough-cases.js';
import { abortCases, truthCases } from './truth-cases.js';

export interface NumberedCase extends CaseDefinition {
  readonly id: string;
  /** What went wrong for others, in one sentence. */
  readonly incident: string;
}

const [accepts, once, ...furtherSubmits] = submitCases;

/** BC-01 is the promise on which all else rests. */
const inOrder: readonly (CaseDefinition | undefined)[] = [
  once,
  accepts,
  ...furtherSubmits,
  ...reportCases,
  ...cancelCases,
  ...instrumentCases,
  ...positionCases,
  ...protectionCases,
  ...lineCases,
  ...truthCases,
  ...exitCases,
  ...abortCases,
  ...roughCases,
];

export const conformanceCases: readonly NumberedCase[] = inOrder
  .filter((definition) => definition !== undefined)
  .map((definition, index) => {
    const id = `BC-${String(index + 1).padStart(2, '0')}`;
    return { ...definition, id, incident: INCIDENTS[id] ?? '' };
  });
