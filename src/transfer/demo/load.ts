import { createReadStream } from 'node:fs';
import type { Tenant } from '../../db/transaction.ts';
import { importLines } from '../import.ts';
import { writeNoticed } from './written.ts';

/** Fills a workspace with the demo graph: what a companion came to know of two people in a year. */
export async function loadDemo(tenant: Tenant): Promise<void> {
  await importLines(tenant, createReadStream(new URL('./demo.jsonl', import.meta.url)));
  await writeNoticed(tenant);
}
