/**
 * Every endpoint under requests that nobody means well with, drawn from the OpenAPI document over real sockets.
 *
 * 1. No answer is a 5xx but a 503 that says when to come again; every JSON answer is as the document says.
 * 2. Nothing hangs, and nothing is left open.
 *
 * `FUZZ=20000 npx vitest run test/service/fuzz.test.ts` for as many requests.
 */
import { Agent, type IncomingMessage, request } from 'node:http';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { memoryJournal } from 'fillchart/adapters';
import { createService, openApi } from 'fillchart/service';
import { expect, it } from 'vitest';
import { systemClock } from '../../src/adapters/system-clock.js';
import { openMarket } from '../../src/cli/serve/open-market.js';

const REQUESTS = Number(process.env['FUZZ'] ?? 4_000);
const AT_A_TIME = 16;
const LONGEST_MS = 60_000;

interface Schema {
  readonly [keyword: string]: unknown;
}

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required: boolean;
  readonly schema: Schema;
}

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: Schema } } };
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema?: Schema }>> }>
  >;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const document = openApi({ version: '0', basePath: '' }) as unknown as Document;
const ajv = new Ajv2020({ strict: false, allErrors: false });
ajv.addSchema({ $id: 'doc', components: document.components });

interface Drawn {
  readonly operation: Operation;
  readonly method: string;
  readonly path: string;
  readonly body: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    '',
    '0',
    '-1',
    '1e400',
    'NaN',
    'null',
    '../../etc/passwd',
    '%00',
    '"',
    "' OR 1=1",
    '\u0000',
    '😀',
    'A'.repeat(300),
  ),
  fc.json(),
);

const anything = fc.oneof(
  nasty,
  fc.anything({ maxDepth: 2 }),
  fc.double(),
  fc.bigInt().map(String),
  fc.constantFrom(null, true, [], {}),
);

/** A value as the schema says. */
function valid(schema: Schema): fc.Arbitrary<unknown> {
  const { $ref, anyOf, type, properties = {}, items, required = [] } = schema;
  const words = schema['enum'];
  if (typeof $ref === 'string') return valid(document.components.schemas[$ref.split('/').pop() ?? ''] ?? {});
  if (schema['const'] !== undefined) return fc.constant(schema['const']);
  if (Array.isArray(words)) return fc.constantFrom(...words);
  if (Array.isArray(anyOf)) return fc.oneof(...anyOf.map((one) => valid(one as Schema)));
  if (type === 'integer' || type === 'number')
    return fc.integer({ min: Number(schema['minimum'] ?? 0), max: Number(schema['maximum'] ?? 1_000) });
  if (type === 'boolean') return fc.boolean();
  if (type === 'array') return fc.array(valid((items ?? {}) as Schema), { minLength: 1, maxLength: 4 });
  if (type === 'object')
    return fc.record(
      Object.fromEntries(Object.entries(properties as Record<string, Schema>).map(([name, one]) => [name, valid(one)])),
      {
        requiredKeys: required as string[],
      },
    );
  return textFor(schema);
}

function textFor({ examples, maxLength }: Schema): fc.Arbitrary<string> {
  const said = Array.isArray(examples) ? examples.map(String) : ['paper', 'AAPL', 'case-1', '2030-01-01T00:00:00Z'];
  return fc.oneof(
    fc.constantFrom(...said),
    fc.string({ minLength: 1, maxLength: Math.min(Number(maxLength ?? 20), 20) }),
  );
}

/** What is valid, or nearly, or not at all. */
const drawnFor = (schema: Schema): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 5, arbitrary: valid(schema) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(valid(schema), fc.string({ maxLength: 12 }), anything)
        .map(([value, key, odd]) =>
          typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value, [key]: odd } : odd,
        ),
    },
    { weight: 1, arbitrary: anything },
  );

const advisory = fc.record({
  advisoryId: fc.oneof(fc.stringMatching(/^[A-Za-z0-9]{1,12}$/), fc.constantFrom('ADV-1', 'ADV-2')),
  symbol: fc.constantFrom('AAPL', 'MSFT', 'X'),
  side: fc.constantFrom('buy', 'sell'),
  referencePrice: fc.constantFrom('150', '0.1', 150.25),
  slOffsetPct: fc.constantFrom('-0.02', '0.02'),
  tpOffsetPct: fc.constantFrom('0.03', '-0.03'),
  positionSize: fc.constantFrom('100', 1, '0.5'),
  expirationTimestamp: fc.constant('2099-01-01T00:00:00Z'),
});

const text = (value: unknown): string | undefined => {
  try {
    return JSON.stringify(value, (_key, member: unknown) => (typeof member === 'bigint' ? String(member) : member));
  } catch {
    return '{';
  }
};

const headersDrawn = fc.record(
  {
    'content-type': fc.constantFrom(
      'application/json',
      'application/json; charset=utf-8',
      'text/plain',
      'multipart/form-data; boundary=x',
    ),
    'last-event-id': fc.constantFrom('paper:1:00000000', 'x', 'paper:0:'),
    'x-request-id': fc.stringMatching(/^[ -~]{0,80}$/),
    authorization: fc.constantFrom('Bearer x', 'Basic eDp5', ''),
    accept: fc.constantFrom('*/*', 'text/html', 'application/xml'),
    origin: fc.constantFrom('http://localhost', 'https://evil.example', 'null'),
  },
  { requiredKeys: [] },
);

/** Now and then something, else nothing of the kind. */
const seldom = <T, N>(arbitrary: fc.Arbitrary<T>, none: N, weight: number): fc.Arbitrary<T | N> =>
  fc.oneof({ weight: 1, arbitrary }, { weight, arbitrary: fc.constant(none) });

function requestOf([path, method, operation]: readonly [string, string, Operation]): fc.Arbitrary<Drawn> {
  const parameters = operation.parameters ?? [];
  const values = parameters.map((one) =>
    fc.option(fc.oneof({ weight: 4, arbitrary: valid(one.schema) }, { weight: 1, arbitrary: nasty }), {
      freq: one.in === 'path' ? 1_000_000 : 2,
    }),
  );
  const schema = operation.requestBody?.content['application/json'].schema;
  const wellMeant = operation.operationId === 'submitExecution' ? advisory : fc.constant(undefined);
  const body =
    schema === undefined
      ? fc.constant(undefined)
      : fc.oneof(wellMeant.map(text), drawnFor(schema).map(text), nasty.map(String));
  return fc
    .tuple(fc.tuple(...values), body, seldom(headersDrawn, {}, 3), seldom(nasty, null, 20))
    .map(([given, drawnBody, headers, extra]) => {
      const filled = parameters.map((one, index) => ({ ...one, value: given[index] ?? null }));
      const inPath = filled
        .filter((one) => one.in === 'path')
        .reduce(
          (whole, { name, value }) => whole.replace(`{${name}}`, encodeURIComponent(wellFormed(String(value ?? 'x')))),
          path,
        );
      const query = filled.flatMap(({ in: where, name, value }) =>
        where === 'query' && value !== null ? [`${name}=${encodeURIComponent(wellFormed(String(value)))}`] : [],
      );
      const odd = extra === null ? [] : [`odd=${encodeURIComponent(wellFormed(String(extra)))}`];
      const search = [...query, ...odd].join('&');
      return {
        operation,
        method: method.toUpperCase(),
        path: search === '' ? inPath : `${inPath}?${search}`,
        body: drawnBody,
        headers,
      };
    });
}

const wellFormed = (value: string): string => Buffer.from(value).toString();

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** The answer; of a stream its beginning. */
function send(port: number, agent: Agent, { method, path, body, headers }: Drawn): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const isStated = body !== undefined && headers['content-type'] === undefined;
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        agent,
        method,
        path,
        headers: { ...headers, ...(isStated && { 'content-type': 'application/json' }) },
      },
      (response) => {
        let got = '';
        const done = () => {
          clearTimeout(timer);
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text: got });
        };
        response.setEncoding('utf8').on('data', (part: string) => {
          got += part;
          if (response.headers['content-type']?.startsWith('text/event-stream') === true) {
            done();
            response.destroy();
          }
        });
        response.on('end', done);
        response.on('error', () => undefined);
      },
    );
    const timer = setTimeout(() => {
      sent.destroy();
      reject(new Error(`${method} ${path} has no answer after ${LONGEST_MS} ms`));
    }, LONGEST_MS);
    sent.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    sent.end(body);
  });
}

const checks = new Map<Schema, ValidateFunction>();

/** Compiled once for each schema of the document. */
function checkOf(schema: Schema): ValidateFunction {
  const known = checks.get(schema);
  if (known !== undefined) return known;
  const made = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('#/components', 'doc#/components')) as object);
  checks.set(schema, made);
  return made;
}

/** What is wrong with the answer, in one sentence. */
function offence({ operation, method, path, body }: Drawn, { status, headers, text: got }: Answer): string | undefined {
  const where = `${method} ${path} ${(body ?? '').slice(0, 300)} → ${status} ${got.slice(0, 300)}`;
  if (
    status >= 500 &&
    (status !== 503 || (headers['retry-after'] === undefined && operation.operationId !== 'getReadiness'))
  )
    return where;
  const known = operation.responses[String(status)]?.content;
  // What no route took at all: a path parameter that leads elsewhere.
  if (known === undefined)
    return [404, 405].includes(status) && /"code":"(?:NOT_FOUND|METHOD_NOT_ALLOWED)"/.test(got)
      ? undefined
      : `not in the document: ${where}`;
  const schema = known['application/json']?.schema;
  if (schema === undefined) return undefined;
  const check = checkOf(schema);
  return check(JSON.parse(got)) ? undefined : `not as the document says (${ajv.errorsText(check.errors)}): ${where}`;
}

it(`answers ${REQUESTS} requests drawn from its own document as it says it does`, {
  timeout: 120_000 + REQUESTS * 100,
}, async () => {
  const market = openMarket(systemClock());
  const service = createService({
    accounts: [{ name: 'paper', broker: market.broker, journal: memoryJournal(), onAdvisory: market.learn }],
    logger: false,
  });
  const address = await service.listen();
  const agent = new Agent({ keepAlive: true, maxSockets: AT_A_TIME });
  const port = Number(new URL(address).port);
  await service.ready();
  try {
    const all = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, one]) => [path, method, one] as const),
    );
    const drawn = fc.sample(
      fc.oneof(
        ...all.map((one) => ({ weight: one[2].operationId === 'submitExecution' ? 8 : 1, arbitrary: requestOf(one) })),
      ),
      { numRuns: REQUESTS, seed: 20 },
    );
    const [offences, counts]: [string[], Record<string, number>] = [[], {}];
    const left = [...drawn];
    async function work(): Promise<void> {
      for (let next = left.pop(); next !== undefined; next = left.pop()) {
        const got = await send(port, agent, next).catch((error: Error) => ({
          status: 0,
          headers: {},
          text: error.message,
        }));
        counts[got.status] = (counts[got.status] ?? 0) + 1;
        const found = got.status === 0 ? `${next.method} ${next.path}: ${got.text}` : offence(next, got);
        if (found !== undefined) offences.push(found);
      }
    }
    await Promise.all(Array.from({ length: AT_A_TIME }, work));
    process.stdout.write(`fuzz: ${REQUESTS} requests to ${all.length} operations: ${JSON.stringify(counts)}\n`);
    expect(offences.slice(0, 10)).toEqual([]);
    expect(counts['200']).toBeGreaterThan(REQUESTS / 20);
    const metrics = await (await fetch(`${address}/metrics`)).text();
    expect(/fillchart_event_listeners (\d+)/.exec(metrics)?.[1]).toBe('0');
    expect(/fillchart_executions_in_flight\{account="paper"\} (\d+)/.exec(metrics)?.[1]).toBe('0');
  } finally {
    agent.destroy();
    await service.close();
  }
});
