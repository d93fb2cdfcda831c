import type { Tenant } from '../db/scope.ts';
export async function loadDemo(_tenant: Tenant): Promise<void> {}
