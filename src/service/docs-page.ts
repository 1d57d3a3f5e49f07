/**
 * The interface as a page: no script, nothing from elsewhere.
 */
import { createHash } from 'node:crypto';
import type { TSchema } from '@sinclair/typebox';
import { wordsOf } from './api/common.js';
import { type OperationId, type RouteShape, routes } from './api/routes.js';

const STYLE = `:root{color-scheme:light dark;--line:light-dark(#dfe3ea,#263248);--quiet:light-dark(#475569,#a9b6c8);--link:light-dark(#1d4ed8,#7aa7ff)}
body{max-width:64rem;margin:0 auto;padding:2rem 1.5rem 4rem;background:light-dark(#fff,#0a0f18);color:light-dark(#0f172a,#e8edf5);font:15px/1.5 Inter,system-ui,"Segoe UI",Arial,sans-serif}
h1{font-size:1.5rem}h2{border-bottom:1px solid var(--line);margin:2.5rem 0 .5rem;padding-bottom:.375rem;font-size:1.0625rem;overflow-wrap:anywhere}
a{color:var(--link);text-underline-offset:.2em}code{font:13px/1.5 ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere}
nav ul{list-style:none;margin:1.5rem 0;padding:0;columns:26rem}nav li{padding:.125rem 0;break-inside:avoid}
table{border-collapse:collapse;width:100%;margin:.75rem 0;font-size:14px}td,th{text-align:left;vertical-align:top;padding:.3125rem 1rem .3125rem 0;border-bottom:1px solid var(--line)}th{font-weight:500;color:var(--quiet)}
.method{display:inline-block;min-width:3.5rem;font-weight:650}`;

/** What the page's policy must name for the style to count. */
export const DOCS_STYLE_HASH = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;

export function docsPage(version: string): string {
  const all = Object.entries(routes) as [OperationId, RouteShape][];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,"><title>fillchart: the interface</title><style>${STYLE}</style></head>
<body><main><h1>fillchart ${text(version)}: the interface</h1>
<p>As a document for machines: <a href="openapi.json">openapi.json</a> (OpenAPI 3.1). Decimals are text, digit for digit; times are ISO 8601 in UTC. A refusal has a code, a sentence, and the field at fault where there is one.</p>
<nav><ul>${all.map(([id, { method, path }]) => `<li><a href="#${id}"><code><span class="method">${method}</span>${text(path)}</code></a></li>`).join('')}</ul></nav>
${all.map(section).join('\n')}
</main></body></html>
`;
}

const section = ([id, { method, path, summary, role, params, query, body, answers }]: [
  OperationId,
  RouteShape,
]): string =>
  `<section><h2 id="${id}"><span class="method">${method}</span> <code>${text(path)}</code></h2>
<p>${text(summary)} ${role === 'public' ? 'Needs no token.' : `Takes the role ${role}.`}</p>
${members('Path', params)}${members('Query', query)}${members('Body', body)}
<table><thead><tr><th>Status</th><th>Answer</th></tr></thead><tbody>${Object.entries(answers)
    .map(
      ([status, answer]) =>
        `<tr><td>${status}</td><td>${text(answer.description)}${answer.schema?.title === undefined ? '' : ` <code>${text(answer.schema.title)}</code>`}</td></tr>`,
    )
    .join('')}</tbody></table></section>`;

function members(title: string, schema: TSchema | undefined): string {
  if (schema === undefined) return '';
  const required = (schema['required'] ?? []) as readonly string[];
  const rows = Object.entries((schema['properties'] ?? {}) as Readonly<Record<string, TSchema>>).map(
    ([name, member]) =>
      `<tr><td><code>${text(name)}</code></td><td>${required.includes(name) ? 'needed' : ''}</td><td>${text([member.description, ...accepted(member)].filter((each) => each !== undefined).join(' '))}</td></tr>`,
  );
  return `<table><thead><tr><th>${title}</th><th></th><th></th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function accepted(member: TSchema): readonly string[] {
  const words = wordsOf(member);
  return words === undefined ? [] : [`One of ${words.join(', ')}.`];
}

const text = (raw: string): string =>
  raw
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll(/`([^`]*)`/g, '<code>$1</code>');
