/**
 * Mutants of what is there to protect: the fill less the fee that was taken out of it, in whole lots, the rest named (B6).
 */
import { ZERO } from '../domain/decimal.js';
import type { FactOf } from '../machines/execution.facts.js';
import { executionGuards } from '../machines/execution.guards.js';
import { resultOf } from '../machines/execution.result.js';
import { executionSetup } from '../machines/execution.setup.js';
import * as updates from '../machines/execution.updates.js';
import { withActions, withGuards } from './altered-chart.js';
import { drops, type Mutant, mutant, ROUGHLY } from './mutant.js';

const { assign } = executionSetup;

const withoutFees = (fact: FactOf<'ORDER_REPORT'>): FactOf<'ORDER_REPORT'> => {
  const { fees: _fees, ...report } = fact.report;
  return { ...fact, report };
};

export const mutantsOfFees: readonly Mutant[] = [
  mutant(
    'protects what the fee has taken',
    'the venue refuses exits for more than is held',
    () =>
      withActions({
        computeBracket: assign(({ context }) => {
          const { bracket, ...rest } = updates.computeBracket(context);
          return bracket === undefined ? rest : { ...rest, bracket: { ...bracket, quantity: context.order.cumQty } };
        }),
      }),
    ROUGHLY,
  ),
  mutant(
    'does not read the fee',
    'the venue refuses exits for more than is held',
    () =>
      withActions({
        keepReport: assign(({ context, event }) =>
          updates.keepReport(context, withoutFees(updates.expectFact(event, 'ORDER_REPORT'))),
        ),
      }),
    ROUGHLY,
  ),
  mutant(
    'places exits for nothing',
    'the venue refuses exits for less than a lot, again and again',
    () => withGuards({ isPlaceable: (args) => executionGuards.isBracketValid(args) }),
    ROUGHLY,
  ),
  mutant(
    'does not hear of a fee after the fill',
    'a normal fee is told as a difference',
    drops('filled.on.ORDER_REPORT.isNewsOfFees'),
    ROUGHLY,
  ),
  mutant(
    'is content with exits for more than the fee has left',
    'the exits would sell what is not held, and nobody is told',
    () =>
      withActions({
        keepReconciliation: assign(({ context, event }) => {
          const { bracket } = context;
          const believed = bracket === undefined ? context : { ...context, bracket: { ...bracket, filled: ZERO } };
          return updates.keepReconciliation(believed, updates.expectFact(event, 'RECONCILED'));
        }),
      }),
    ROUGHLY,
  ),
  mutant(
    'does not name what no exit covers',
    'a rest that nobody knows of stays in the account',
    () =>
      withActions({
        composeResult: assign(({ context, event }) => {
          const { unprotectedQuantity: _rest, ...result } = resultOf(context, event.at);
          return { result };
        }),
      }),
    ROUGHLY,
  ),
];
