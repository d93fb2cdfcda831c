import { createReadStream, createWriteStream, type ReadStream } from 'node:fs';
import { access, constants, rename, rm, stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ReadTransaction } from '../db/read-transaction.ts';
import type { Tenant } from '../db/transaction.ts';
import { keyText } from '../kernel/input.ts';
import { Counts, describeCounts, describeImport } from './counts.ts';
import { explainFile, TransferError } from './error.ts';
import { exportLines } from './export.ts';
import { guessFormat, type History } from './history/file.ts';
import { type HistoryFormat, historyFormats, readers } from './history/formats.ts';
import { importLines } from './import.ts';
import { showProgress } from './progress.ts';
import { countLines } from './read/count.ts';

export interface TransferOptions {
  /** The key of the companion that the file of another program is imported for. */
  companion?: string | undefined;
  /** Which program's; guessed where it is not given. */
  format?: string | undefined;
  /** The externalId of the user that its conversations are with. */
  user?: string | undefined;
  /** `none`: what is said in its conversations does not become memories. */
  remember?: string | undefined;
  /** Interrupts it: what is imported by then stays; the file of an export does not appear. */
  signal?: AbortSignal | undefined;
}

/** Throws TransferError where a file cannot be read: worth knowing before a database is opened for it. */
export async function checkReadable(file: string): Promise<void> {
  try {
    await access(file, constants.R_OK);
    if (await isFolder(file)) throw new TransferError(`${file} cannot be read: it is a folder.`);
  } catch (error) {
    throw explainFile(error, 'read', file);
  }
}

/** Imports a file, shows the progress, and prints the result. Throws TransferError. */
export async function importFile(tenant: Tenant, file: string, options: TransferOptions = {}): Promise<void> {
  checkKey('--companion', 'The key of a companion', options.companion);
  checkKey('--user', 'The id of a user', options.user);
  let chunks: ReadStream | undefined;
  try {
    const history = await historyOf(file, options);
    chunks = createReadStream(file);
    const bar = await showProgress('Importing', async () => (await stat(file)).size);
    const counts = await importLines(tenant, chunks, { ...options, history, onProgress: bar.update }).finally(bar.stop);
    console.log(describeImport(counts));
  } catch (error) {
    throw explainFile(error, 'read', file);
  } finally {
    chunks?.destroy();
  }
}

/** How the file of another program is imported; undefined for one of our own, or an MCP memory server's. */
async function historyOf(file: string, options: TransferOptions): Promise<History | undefined> {
  const { companion, user, remember = 'turns' } = options;
  if (options.format !== undefined && !Object.hasOwn(readers, options.format)) {
    const known = historyFormats.join(', ');
    throw new TransferError(
      `--format: ${JSON.stringify(options.format)} is unknown: give one of ${known}, or leave it out.`,
    );
  }
  if (remember !== 'turns' && remember !== 'none') throw new TransferError('--remember: give turns or none.');
  const format =
    (options.format as HistoryFormat | undefined) ?? ((await isFile(file)) ? await guessFormat(file) : undefined);
  if (format) {
    const unnamed = basename(file, extname(file));
    return { format, companion: companion ?? format, user, remember: remember === 'none' ? 'NONE' : 'TURNS', unnamed };
  }
  if (user !== undefined || options.remember !== undefined) {
    throw new TransferError(
      '--user and --remember are for the conversations of other programs, and this file is none that is known: say which with --format.',
    );
  }
  return undefined;
}

function checkKey(option: string, what: string, key: string | undefined): void {
  if (key === undefined) return;
  const issue = keyText(what).safeParse(key).error?.issues[0];
  if (issue) throw new TransferError(`${option}: ${issue.message}`);
}

/** Exports the workspace to a file, which appears only when it is whole. Throws TransferError. */
export async function exportFile(tenant: Tenant, file: string, { signal }: TransferOptions = {}): Promise<void> {
  const counts = new Counts();
  const bar = await showProgress('Exporting', () => countRows(tenant));
  const lines = async function* () {
    for await (const text of exportLines(tenant, counts)) {
      yield text;
      bar.update(counts.totalMade);
    }
  };
  const part = `${file}.part`;
  try {
    if (await isFolder(file)) throw new TransferError(`${file} cannot be written: it is a folder.`);
    await pipeline(Readable.from(lines()), createWriteStream(part, { flush: true }), signal ? { signal } : {});
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true }).catch(() => {});
    if (signal?.aborted) throw new TransferError(`Stopped: ${file} is as it was before.`);
    throw explainFile(error, 'written', file);
  } finally {
    bar.stop();
  }
  console.log(`Exported to ${file}: ${describeCounts(counts.made)}.`);
}

/** What is no file, such as a pipe, can be read once alone. */
const isFile = async (file: string) => (await stat(file)).isFile();
const isFolder = async (file: string) => (await stat(file).catch(() => undefined))?.isDirectory() ?? false;

async function countRows(tenant: Tenant): Promise<number> {
  const tx = new ReadTransaction(tenant);
  try {
    return await countLines(tx);
  } finally {
    await tx.end();
  }
}
