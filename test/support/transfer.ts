import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, vi } from 'vitest';
import { exportFile, importFile, type TransferOptions } from '../../src/transfer/command.ts';
import type { TestService } from './service.ts';

/** Imports and exports of whole texts, by files of a folder of their own. */
export function useTransfer(service: TestService) {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'palimpsest-transfer-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Imports a text, and answers what is printed. */
  async function importText(workspace: string, text: string | Uint8Array, options?: TransferOptions): Promise<string> {
    const file = join(folder, 'import.jsonl');
    writeFileSync(file, text);
    const printed: string[] = [];
    const log = vi.spyOn(console, 'log').mockImplementation((line) => printed.push(line));
    try {
      await importFile(await service.tenant(workspace), file, options);
    } finally {
      log.mockRestore();
    }
    return printed.join('\n');
  }

  async function exportText(workspace: string): Promise<string> {
    const file = join(folder, 'export.jsonl');
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    try {
      await exportFile(await service.tenant(workspace), file);
    } finally {
      log.mockRestore();
    }
    return readFileSync(file, 'utf8');
  }

  return { importText, exportText };
}

/** JSON Lines of objects. */
export const jsonLines = (objects: readonly object[]) => objects.map((each) => JSON.stringify(each)).join('\n');
