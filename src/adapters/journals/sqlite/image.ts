/**
 * A journal as one image in memory: the file, and over it what its write-ahead log has committed.
 *
 * 1. Nothing is written, locked or mapped: it works on a full disk, in a folder that may not be written, and on files that
 *    a killed process left behind. SQLite itself would need a `-shm` beside the log, and room for it.
 * 2. The file is read before its log, and the log must be the same one before and after. A checkpoint under way only
 *    copies what the log still holds, so that the two together are one state of the database.
 * 3. A log counts up to its last commit whose checksums hold, as for SQLite.
 *
 * POSIX ends the locks of a process when it closes any descriptor of a file: never for a file that is open here.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';

/** Above this the file is left to SQLite, which reads page by page. */
const GREATEST_IMAGE = 1 << 30;
const READINGS = 10;

const LOG_HEADER = 32;
const FRAME_HEADER = 24;
const LOG_MAGIC = 0x377f0682;
/** Where a database says that it has a log; an image in memory has none. */
const WRITE_VERSION_AT = 18;
const READ_VERSION_AT = 19;

/** The image; `undefined` for a file that must be left to SQLite. Throws what the file system says. */
export function imageOf(file: string): Buffer | undefined {
  const log = `${file}-wal`;
  if (sizeOf(file) + sizeOf(log) > GREATEST_IMAGE || sizeOf(`${file}-journal`) > 0) return undefined;
  for (let reading = 0; reading < READINGS; reading += 1) {
    const before = bytesOf(log).subarray(0, LOG_HEADER);
    const pages = bytesOf(file);
    const frames = bytesOf(log);
    if (before.equals(frames.subarray(0, LOG_HEADER))) return withLog(pages, frames);
  }
  return undefined;
}

const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;
const bytesOf = (file: string): Buffer => (existsSync(file) ? readFileSync(file) : Buffer.alloc(0));

/** The pages with the committed frames over them. */
function withLog(pages: Buffer, log: Buffer): Buffer {
  const { frames, size, pageSize } = committedFrames(log);
  const image = Buffer.alloc(size === 0 ? pages.length : size * pageSize);
  pages.copy(image);
  for (const [page, at] of frames) {
    if (page <= size) log.copy(image, (page - 1) * pageSize, at, at + pageSize);
  }
  if (image.length > READ_VERSION_AT) {
    image[WRITE_VERSION_AT] = 1;
    image[READ_VERSION_AT] = 1;
  }
  return image;
}

interface Committed {
  /** Where in the log the newest content of each page begins. */
  readonly frames: ReadonlyMap<number, number>;
  /** Pages of the database after the last commit; 0 without one. */
  readonly size: number;
  readonly pageSize: number;
}

function committedFrames(log: Buffer): Committed {
  const committed = new Map<number, number>();
  let size = 0;
  const magic = log.length < LOG_HEADER ? 0 : log.readUInt32BE(0);
  if ((magic & ~1) >>> 0 !== LOG_MAGIC) return { frames: committed, size, pageSize: 0 };
  const read = checksum((magic & 1) === 1);
  const pageSize = log.readUInt32BE(8);
  const salts = log.subarray(16, 24);
  let sums = read(log.subarray(0, 24), [0, 0]);
  if (!saysSums(log, 24, sums)) return { frames: committed, size, pageSize };
  let pending = new Map<number, number>();
  for (let at = LOG_HEADER; at + FRAME_HEADER + pageSize <= log.length; at += FRAME_HEADER + pageSize) {
    const content = at + FRAME_HEADER;
    sums = read(log.subarray(content, content + pageSize), read(log.subarray(at, at + 8), sums));
    if (!log.subarray(at + 8, at + 16).equals(salts) || !saysSums(log, at + 16, sums)) break;
    pending.set(log.readUInt32BE(at), content);
    const sizeAfter = log.readUInt32BE(at + 4);
    if (sizeAfter === 0) continue;
    for (const [page, frame] of pending) committed.set(page, frame);
    pending = new Map();
    size = sizeAfter;
  }
  return { frames: committed, size, pageSize };
}

type Sums = readonly [number, number];

const saysSums = (log: Buffer, at: number, [first, second]: Sums): boolean =>
  log.readUInt32BE(at) === first && log.readUInt32BE(at + 4) === second;

/** SQLite's checksum over pairs of words, in the byte order of the log. */
function checksum(isBigEndian: boolean): (bytes: Buffer, sums: Sums) => Sums {
  return (bytes, [first, second]) => {
    const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let [a, b] = [first, second];
    for (let at = 0; at + 8 <= bytes.length; at += 8) {
      a = (a + words.getUint32(at, !isBigEndian) + b) >>> 0;
      b = (b + words.getUint32(at + 4, !isBigEndian) + a) >>> 0;
    }
    return [a, b];
  };
}
