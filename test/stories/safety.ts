/**
 * What must hold whatever happens, as laws over what the broker was asked and what the result says.
 *
 * Each law names its rule and returns the offences that it finds: none, when all is well.
 */
import type { ExecutionResult } from 'fillchart';
import { expect } from 'vitest';
import type { World } from './support.js';

/** Bounds of a whole life, in seconds: validation, then 30 + 2 + 5 + 10 from the first submission (E3). */
const LONGEST_LIFE_S = 10 + 30 + 2 + 5 + 10;

export function offences(now: World, result: ExecutionResult): string[] {
  return [
    ...oneOrder(now, result),
    ...writesFitTheStatus(now, result),
    ...protectsExactlyTheFill(now, result),
    ...mismatchesAreForHumans(now, result),
    ...nothingIsLeftOver(now),
    ...(result.totalDurationSeconds > LONGEST_LIFE_S ? [`E3: took ${result.totalDurationSeconds} s`] : []),
    ...(isDeepFrozen(result) ? [] : ['E1: the result is not frozen']),
  ];
}

export const expectSafe = (now: World, result: ExecutionResult): void => expect(offences(now, result)).toEqual([]);

const writesOf = ({ broker }: World, method: string, id: string | undefined) =>
  broker.calls.filter((call) => call.method === method && call.clientOrderId === id);

/** Every submit call but the last was proven to have left nothing alive. */
function oneOrder(now: World, { clientOrderId, attempts }: ExecutionResult): string[] {
  const submits = writesOf(now, 'submitOrder', clientOrderId).length;
  const proven = attempts.slice(0, -1).filter(({ outcome }) => outcome === 'not_sent' || outcome === 'rejected').length;
  const found: string[] = [];
  if (clientOrderId !== undefined && submits !== attempts.length)
    found.push(`S1: ${submits} submits for ${attempts.length} attempts`);
  if (submits > proven + 1) found.push(`S1: ${submits} submits, ${proven} of them proven harmless`);
  return found;
}

function writesFitTheStatus(now: World, { status, clientOrderId, attempts }: ExecutionResult): string[] {
  const writes = now.broker.count('writes');
  const isAlone = now.engine.executions().length <= 1;
  if (status === 'REJECTED' && isAlone && writes > 0) return [`K2: refused, and ${writes} writes`];
  if (status === 'REJECTED' && (clientOrderId !== undefined || attempts.length > 0)) return ['V: refused, and tried'];
  return [];
}

/** What fills after SL and TP were placed is a stray fill, for a human: everything else is protected to the share. */
function protectsExactlyTheFill(now: World, result: ExecutionResult): string[] {
  const strayed = result.reconciliationReport?.mismatches.some(({ kind }) => kind === 'STRAY_FILL') === true;
  const { clientOrderId, finalPositionSize, finalSl, finalTp } = result;
  const calls = writesOf(now, 'placeProtection', clientOrderId);
  return calls.flatMap(({ argument }) => {
    const { quantity, stopLoss, takeProfit } = argument as { quantity: string; stopLoss: string; takeProfit: string };
    return [
      ...(quantity === finalPositionSize || strayed ? [] : [`B1: protects ${quantity} of ${finalPositionSize}`]),
      ...(finalSl === undefined || finalSl === stopLoss ? [] : [`R2.1: SL ${finalSl} was placed at ${stopLoss}`]),
      ...(finalTp === undefined || finalTp === takeProfit ? [] : [`R2.1: TP ${finalTp} was placed at ${takeProfit}`]),
    ];
  });
}

function mismatchesAreForHumans(
  { engine }: World,
  { reconciliationReport: report, advisoryId }: ExecutionResult,
): string[] {
  if (report === undefined) return [];
  const isWrong = report.mismatches.length > 0;
  const known = engine.cases.all().filter((known) => known.advisoryId === advisoryId).length;
  return [
    ...(report.requiresManualResolution === isWrong ? [] : ['R6.4: manual resolution is not what the mismatches say']),
    ...((report.status === 'MATCHED') === isWrong ? ['R6.3: the status is not what the mismatches say'] : []),
    ...(isWrong && known !== 1 ? [`M1: ${known} cases for one execution`] : []),
  ];
}

function nothingIsLeftOver({ engine }: World): string[] {
  const { live, watchedOrders, bookedExecutions } = engine.metrics();
  return live + watchedOrders + bookedExecutions === 0
    ? []
    : [`E2: left over: ${live} live, ${watchedOrders} watched, ${bookedExecutions} booked`];
}

function isDeepFrozen(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isDeepFrozen);
}
