/**
 * The files of the console, served from memory.
 *
 * 1. Only what was in the folder at the start is served: no path leads out of it.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyReply, FastifyRequest } from 'fastify';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.wav': 'audio/wav',
  '.mp3': 'audio/mpeg',
};

interface PageFile {
  readonly content: Buffer;
  readonly type: string;
  readonly etag: string;
}

const PLACEHOLDER = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>fillchart</title></head>
<body><h1>fillchart</h1><p>The service runs; its console is not built. <a href="docs">The interface</a>.</p></body></html>
`;

/** Where the console is built to, for the sources and for the package. */
export const consoleFolder = (): string =>
  fileURLToPath(new URL('../console/', import.meta.url)).replace(
    `${sep}src${sep}service${sep}`,
    `${sep}dist${sep}service${sep}`,
  );

export function pages(folder: string, basePath: string): (request: FastifyRequest, reply: FastifyReply) => boolean {
  const files = filesIn(folder);
  if (!files.has('index.html')) files.set('index.html', pageFile(Buffer.from(PLACEHOLDER), '.html'));
  return (request, reply) => {
    const path = request.url.split('?')[0] ?? '';
    // Relative links of the page need the slash.
    if (basePath !== '' && path === basePath) {
      void reply.redirect(`${basePath}/`);
      return true;
    }
    if (!path.startsWith(`${basePath}/`)) return false;
    const name = path.slice(basePath.length + 1);
    const found = files.get(name === '' ? 'index.html' : name);
    if (found === undefined) return false;
    void reply.header('Cache-Control', 'no-cache').header('ETag', found.etag).type(found.type);
    if (request.headers['if-none-match'] === found.etag) void reply.code(304).send();
    else if (request.method === 'HEAD') void reply.header('Content-Length', found.content.length).send();
    else void reply.send(found.content);
    return true;
  };
}

function filesIn(folder: string): Map<string, PageFile> {
  const found = new Map<string, PageFile>();
  if (!existsSync(folder)) return found;
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const extension = extname(name);
    if (TYPES[extension] === undefined || !statSync(join(folder, name)).isFile()) continue;
    found.set(name.split(sep).join('/'), pageFile(readFileSync(join(folder, name)), extension));
  }
  return found;
}

const pageFile = (content: Buffer, extension: string): PageFile => ({
  content,
  type: TYPES[extension] ?? 'application/octet-stream',
  etag: `"${createHash('sha256').update(content).digest('base64url').slice(0, 27)}"`,
});
