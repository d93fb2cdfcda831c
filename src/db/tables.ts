// Every table, for migrations and relations. Features reach each other's tables through here alone.
export * from '../companion/table.ts';
export * from '../contradiction/table.ts';
export * from '../correction/table.ts';
export * from '../credential/table.ts';
export * from '../decay/table.ts';
export * from '../embedding/table.ts';
export * from '../entity/table.ts';
export * from '../event/table.ts';
export * from '../idempotency/table.ts';
export * from '../memory/table.ts';
export * from '../recall/table.ts';
export * from '../relation/table.ts';
export * from '../user/table.ts';
export * from '../workspace/table.ts';
