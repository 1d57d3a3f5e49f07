/**
 * Shapes that several routes share.
 *
 * 1. A decimal is text, digit for digit, in requests as in answers.
 * 2. A time is ISO 8601 in UTC.
 * 3. What a schema does not name is refused in a request.
 */
import { type Static, type TSchema, Type } from '@sinclair/typebox';

export const Decimal = Type.String({
  pattern: '^-?[0-9]+(\\.[0-9]+)?$',
  description: 'A decimal as text, digit for digit.',
  examples: ['150.25'],
});

export const Time = Type.String({ description: 'ISO 8601, UTC.', examples: ['2026-01-01T00:00:00.000Z'] });

/** One of these words. */
export const Words = <Word extends string>(words: readonly Word[], description?: string) =>
  Type.Unsafe<Word>({
    ...Type.Union(words.map((word) => Type.Literal(word))),
    ...(description !== undefined && { description }),
  });

/** The words of such a schema; `undefined` for another one. */
export function wordsOf(schema: TSchema): readonly string[] | undefined {
  const { anyOf } = schema as { readonly anyOf?: readonly { readonly const?: unknown }[] };
  if (anyOf === undefined) {
    const single: unknown = schema['const'];
    return typeof single === 'string' ? [single] : undefined;
  }
  const words = anyOf.map((one) => one.const);
  return words.every((word) => typeof word === 'string') ? words : undefined;
}

export const Account = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'Name of the account.',
  examples: ['paper'],
});

export const SymbolName = Type.String({
  minLength: 1,
  maxLength: 32,
  description: 'The instrument.',
  examples: ['AAPL'],
});

export const AdvisoryId = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'Id of the advisory, unique in its account.',
  examples: ['ADV-001'],
});

export const Reason = Type.String({ minLength: 1, maxLength: 1_000, description: 'Why, in words.' });

export const By = Type.String({
  minLength: 1,
  maxLength: 200,
  description: 'Who does it. Where tokens are configured, the name of the token counts and this is ignored.',
});

export const Page = {
  cursor: Type.Optional(Type.String({ maxLength: 512, description: '`nextCursor` of the page before.' })),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 500, default: 100, description: 'Most entries of the page; 100 by default.' }),
  ),
};

export const NextCursor = Type.Optional(
  Type.String({ description: 'Cursor of the next page; absent on the last one.' }),
);

/** A JSON object that is passed on as it is. */
export const AnyObject = Type.Record(Type.String(), Type.Unknown());

/** What every refusal looks like. */
export const Problem = Type.Object(
  {
    code: Type.String({
      description: 'A code of the registry: see `/v1/reasons`.',
      examples: ['INVALID_POSITION_SIZE'],
    }),
    message: Type.String({ description: 'A sentence that names field, value and what is accepted.' }),
    field: Type.Optional(Type.String({ description: 'The field at fault.' })),
    retryAfterSeconds: Type.Optional(Type.Integer({ description: 'As the header `Retry-After`.' })),
    requestId: Type.String({ description: 'As the header `X-Request-Id`.' }),
  },
  { $id: 'Problem', title: 'Problem' },
);
export type Problem = Static<typeof Problem>;
