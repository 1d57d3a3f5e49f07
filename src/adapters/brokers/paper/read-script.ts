/**
 * Reads scripts, which people write by hand: a script is taken as it stands or refused with what is wrong with it.
 */
import {
  assertAccepted,
  type Check,
  check,
  either,
  flag,
  invalidOption,
  isRecord,
  listOf,
  milliseconds,
  nothing,
  positiveDecimal,
  record,
  type Schema,
  signedDecimal,
  text,
  words,
} from './check.js';
import type { PaperScript, PaperScripts } from './paper-script.js';

const eachTry = (one: Check): Check => either(one, listOf(one, 1));

const rejection = record({ rejected: record({ code: text, reason: text }, { transient: flag }) });
const notSent = record({ not_sent: record({ reason: text }) });
const query = either(words('answer', 'fail', 'hang'), record({ failForMs: milliseconds }));

const submit = either(
  words('accept', 'unknown-but-live', 'unknown-and-lost', 'hang', 'hang-and-lost'),
  rejection,
  notSent,
);

const cancel = either(
  words('confirm', 'ignore', 'already_closed', 'not_found', 'unknown', 'unknown-but-live', 'hang'),
  record({ confirmAfterMs: milliseconds }),
);

const leg = either(words('accept', 'lose', 'unknown-but-live', 'unknown-and-lost'), rejection, notSent);
const protection = either(leg, words('lose-sl', 'lose-tp', 'hang'), record({}, { stopLoss: leg, takeProfit: leg }));

const fill = record({ afterMs: milliseconds }, { quantity: positiveDecimal, price: positiveDecimal, afterClose: flag });

const shownLeg = either(positiveDecimal, nothing);
const positionOverride = either(words('none'), record({}, { size: signedDecimal, sl: shownLeg, tp: shownLeg }));

const FIELDS: { readonly [Field in keyof PaperScript]-?: Check } = {
  note: check('text', (value) => typeof value === 'string', { type: 'string' }),
  submit: eachTry(submit),
  submitAnswerAfterMs: milliseconds,
  visibleAfterMs: milliseconds,
  fills: listOf(fill),
  thenCancelledAfterMs: milliseconds,
  thenRejectedAfterMs: milliseconds,
  expireAfterMs: milliseconds,
  hidePriceForMs: either(milliseconds, words('always')),
  push: flag,
  cancel: eachTry(cancel),
  protection: eachTry(protection),
  positionOverride,
  margin: either(words('ok'), record({ refused: text })),
  instrumentQuery: query,
  statusQuery: query,
  positionQuery: query,
};

const script = record({}, FIELDS);

/** Scripts by symbol or `clientOrderId`. */
export const scriptsSchema: Schema = { type: 'object', additionalProperties: script.schema };

/** One script. @throws {FillchartError} `INVALID_OPTION` naming the field, the value and what is accepted */
export function readPaperScript(value: unknown, path = 'script'): PaperScript {
  assertAccepted(script, value, path);
  return value as PaperScript;
}

/**
 * Scripts by `clientOrderId` or symbol, as they come out of a JSON file.
 * @throws {FillchartError} `INVALID_OPTION` naming the field, the value and what is accepted
 */
export function readPaperScripts(value: unknown): PaperScripts {
  if (typeof value === 'function') return value as PaperScripts;
  if (!isRecord(value))
    throw invalidOption('scripts must be an object of scripts by symbol or clientOrderId, or a function.');
  for (const [key, one] of Object.entries(value)) readPaperScript(one, `scripts.${key}`);
  return value as PaperScripts;
}
