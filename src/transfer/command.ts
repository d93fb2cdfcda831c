import type { Tenant } from '../db/scope.ts';
export async function importFile(_t: Tenant, _f: string): Promise<void> {}
export async function exportFile(_t: Tenant, _f: string): Promise<void> {}
