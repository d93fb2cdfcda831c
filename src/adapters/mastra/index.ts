import { MastraCompositeStore } from '@mastra/core/storage';
import { PalimpsestMemory } from './memory-storage.ts';
import type { PalimpsestOptions } from './service.ts';

export { PalimpsestMemory } from './memory-storage.ts';
export { PalimpsestRecall, type RecallOptions } from './recall.ts';
export type { PalimpsestOptions } from './service.ts';

/** A store of Mastra that has the domain `memory`, for `new Memory({ storage })` and `new Mastra({ storage })`. */
export class PalimpsestStore extends MastraCompositeStore {
  constructor(options: PalimpsestOptions) {
    super({ id: 'palimpsest', name: 'Palimpsest', domains: { memory: new PalimpsestMemory(options) } });
  }
}
