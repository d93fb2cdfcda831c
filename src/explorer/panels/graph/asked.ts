import { companion } from '../../core/route.ts';
import { memoryStatuses } from '../../parts/badges.tsx';
import type { PanelProps } from '../../parts/panel.tsx';
import type { Start } from './load/start.ts';
import { around, important, ofEntity, recalled, withWords } from './model/documents.ts';
import type { At } from './model/moment.ts';

/** The document that the graph begins with, for GraphiQL. */
export function queryOf(start: Start, at: At): PanelProps['query'] {
  const statuses = memoryStatuses;
  switch (start.by) {
    case 'importance':
      return { document: important, variables: { at, statuses, first: Math.min(100, start.most) } };
    case 'memory':
      return { document: around, variables: { at, id: start.id, input: { from: [start.id], depth: 2 } } };
    case 'entity':
      return { document: ofEntity, variables: { at, id: start.id, statuses } };
    case 'words': {
      const key = companion.value;
      if (key === undefined) return { document: withWords, variables: { at, statuses, text: start.query } };
      return { document: recalled, variables: { at, companion: key, query: start.query } };
    }
  }
}
