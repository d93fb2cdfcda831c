import { encodeId } from '../../kernel/ids.ts';
import { memoryKey } from '../../transfer/format/keys.ts';

export interface Tab {
  query: string;
  /** As JSON. */
  variables?: string;
}

/** The id of a memory of the demo graph, which is made from its name there. */
export const demoId = (name: string) => encodeId('Memory', memoryKey(name));
