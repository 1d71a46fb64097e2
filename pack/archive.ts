/** Writes a charm's files as a zip archive. Same files, same bytes. */
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';

/** A file of a charm's archive. */
export interface CharmFile {
  /** Relative to the charm's folder, with slashes. */
  readonly path: string;
  readonly content: Buffer;
  readonly executable?: boolean;
}

/** Zip's first day, in local time as zip writes it, so that neither clock nor time zone shows. */
const MTIME = new Date(1980, 0, 1);

/** Node's binary: level 9 saves 0.4 % more and takes three times as long. */
const LEVEL = 6;

export function mode(file: CharmFile): number {
  return 0o100000 | (file.executable === true ? 0o755 : 0o644);
}

/** Writes `target`, a zip archive, with its files in order. */
export async function writeArchive(files: readonly CharmFile[], target: string): Promise<void> {
  const zip = new ZipFile();
  for (const file of inOrder(files)) {
    zip.addBuffer(file.content, file.path, {
      mtime: MTIME,
      mode: mode(file),
      compressionLevel: LEVEL,
      forceDosTimestamp: true,
    });
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(target));
}

/** By code points, whatever the machine's language. */
function inOrder(files: readonly CharmFile[]): readonly CharmFile[] {
  return files.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
