/**
 * The OpenAPI 3.1 document, from the table of routes.
 *
 * 1. A schema with an `$id` stands once, among the components; everything else refers to it.
 */

import type { TSchema } from '@sinclair/typebox';
import { requireOptions } from '../domain/option-names.js';
import { invalidOption, requireText } from '../domain/option-values.js';
import { wordsOf } from './api/common.js';
import { type OperationId, type RouteShape, routes } from './api/routes.js';

interface OpenApiOptions {
  /** Version that the document tells. */
  readonly version: string;
  /** Path under which a proxy leads to the service, such as `/fillchart`; `''` for none. */
  readonly basePath: string;
}

type Plain = { readonly [name: string]: unknown };

/**
 * The HTTP interface as an OpenAPI document.
 *
 * @throws {FillchartError} `INVALID_OPTION`
 * @beta @since 0.1.0
 */
export function openApi(options: OpenApiOptions): Plain {
  requireOptions('openApi', options, ['version', 'basePath']);
  const { version, basePath } = options;
  requireText('version', version, 'a text such as "1.0.0"');
  if (typeof basePath !== 'string') throw invalidOption('basePath', basePath, 'a path such as "/fillchart", or ""');
  const schemas: Record<string, Plain> = {};
  const paths: Record<string, Record<string, Plain>> = {};
  for (const [operation, route] of Object.entries(routes) as [OperationId, RouteShape][]) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(operation, route, schemas) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'fillchart',
      version,
      description:
        'Executes approved trade advisories: one market order each, protected, reconciled, and with a result. Decimals are text, digit for digit.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: basePath === '' ? '/' : basePath }],
    paths,
    components: {
      schemas,
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'Made by `fillchart token create`.' } },
    },
  };
}

function operationOf(operation: OperationId, route: RouteShape, schemas: Record<string, Plain>): Plain {
  const { summary, role, params, query, body, answers } = route;
  const parameters = [...parametersOf(params, 'path', schemas), ...parametersOf(query, 'query', schemas)];
  return {
    operationId: operation,
    summary,
    ...(role === 'public' ? { security: [] } : { security: [{ token: [] }, {}], 'x-role': role }),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && {
      requestBody: { required: true, content: { 'application/json': { schema: referred(body, schemas) } } },
    }),
    responses: Object.fromEntries(
      Object.entries(answers).map(([status, { description, schema, contentType = 'application/json' }]) => [
        status,
        {
          description,
          content: { [contentType]: schema === undefined ? {} : { schema: referred(schema, schemas) } },
        },
      ]),
    ),
  };
}

function parametersOf(schema: TSchema | undefined, where: 'path' | 'query', schemas: Record<string, Plain>): Plain[] {
  if (schema === undefined) return [];
  const members = schema['properties'] as Readonly<Record<string, TSchema>>;
  const required = (schema['required'] ?? []) as readonly string[];
  return Object.entries(members).map(([name, { description, ...member }]) => ({
    name,
    in: where,
    required: where === 'path' || required.includes(name),
    ...(description !== undefined && { description }),
    schema: referred(member, schemas),
  }));
}

/** The schema as JSON, with those that have a name moved to the components. */
function referred(schema: unknown, schemas: Record<string, Plain>): Plain {
  const { $id: name, ...rest } = schema as { readonly $id?: string };
  if (name === undefined) return walked(rest, schemas) as Plain;
  if (schemas[name] === undefined) {
    schemas[name] = {};
    schemas[name] = walked(rest, schemas) as Plain;
  }
  return { $ref: `#/components/schemas/${name}` };
}

function walked(value: unknown, schemas: Record<string, Plain>): unknown {
  if (Array.isArray(value)) return value.map((one) => walked(one, schemas));
  if (typeof value !== 'object' || value === null) return value;
  const words = 'anyOf' in value ? wordsOf(value as unknown as TSchema) : undefined;
  if (words !== undefined) {
    const { anyOf: _anyOf, ...rest } = value as Plain;
    return { ...rest, type: 'string', enum: words };
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      typeof member === 'object' && member !== null && '$id' in member
        ? referred(member, schemas)
        : walked(member, schemas),
    ]),
  );
}
