import type { Tenant } from '../../db/transaction.ts';
import { write } from '../../db/write.ts';
import { detectInWritten } from '../../domain/finding/written.ts';
import { createBatch } from '../../domain/memory/batch.ts';
import type { NewMemory } from '../../domain/memory/new-memory.ts';

const fact = (content: string, validFrom: string, entities: NewMemory['entities']): NewMemory => ({
  type: 'FACT',
  content,
  validFrom: new Date(validFrom),
  importance: 5,
  confidence: 0.9,
  entities: entities ?? null,
});

const roda = { type: 'organization', name: 'Roda' };
const menu = { type: 'topic', name: 'Café menu' };

/** What was remembered one day, and what another day: nobody said that the later ones change the earlier ones. */
const days: readonly (readonly NewMemory[])[] = [
  [
    fact('The café closes at 17:00 on weekdays.', '2026-03-16T08:00:00Z', [roda]),
    fact('Tomás bakes the orange cake himself every morning.', '2026-03-16T08:00:00Z', [menu]),
  ],
  [
    fact('The café now closes at 18:00 on weekdays.', '2026-10-05T08:00:00Z', [roda]),
    fact('Tomás no longer bakes the orange cake.', '2026-10-12T09:00:00Z', [menu]),
  ],
];

/** Writes memories as createMemories does, so that what they seem to say of each other is noticed. */
export async function writeNoticed(tenant: Tenant): Promise<void> {
  const of = { companion: { key: 'iris' }, user: { externalId: 'tomas' } };
  for (const memories of days) {
    await write(tenant, async (tx) => {
      const { created } = await createBatch(tx, { ...of, memories });
      await detectInWritten(tx, memories, created, 'SUGGEST');
    });
  }
}
