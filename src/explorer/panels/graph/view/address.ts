import type { RelationType } from '../../../../client/operations/types.ts';
import { momentIn } from '../../../core/moments.ts';
import { plainId } from '../../../core/point.ts';
import { route, setParams } from '../../../core/route.ts';
import { memoryStatuses, memoryTypes } from '../../../parts/badges.tsx';
import { valuesIn } from '../../../parts/check-group.tsx';
import { MOST_NODES } from '../load/session.ts';
import type { Start } from '../load/start.ts';
import type { Filters } from '../model/view.ts';

/** All of the panel that is in the address, so that a link shows the same. */
export interface Address {
  start: Start;
  /** Where the clocks are; undefined: at now. */
  validAt: string | undefined;
  knownAt: string | undefined;
  filters: Filters;
  /** Undefined: where there are not too many nodes. */
  isTinted: boolean | undefined;
  selected: string | undefined;
  /** Whether then and now are side by side. */
  isCompared: boolean;
  /** Whether one clock takes the other along. */
  isTogether: boolean;
}

export const relationTypes: RelationType[] = [
  'CAUSES',
  'FOLLOWS',
  'ELABORATES',
  'REFERENCES',
  'CORRECTS',
  'CONTRADICTS',
];
/** How many memories the graph may begin with. */
export const amounts = [50, 100, 500, 1_000, MOST_NODES];
const DEFAULT_AMOUNT = 100;

export function readAddress(): Address {
  const { id, params } = route.value;
  return {
    start: startOf(id, params),
    validAt: momentIn(params.validAt),
    knownAt: momentIn(params.knownAt),
    filters: {
      types: valuesIn(params.types, memoryTypes),
      statuses: valuesIn(params.statuses, memoryStatuses),
      relations: valuesIn(params.relations, relationTypes),
      minStrength: Math.min(1, Math.max(0, Number(params.strength ?? 0) || 0)),
      throughEntities: params.entities === '1',
    },
    isTinted: params.tints === undefined ? undefined : params.tints === '1',
    selected: params.selected,
    isCompared: params.compare === '1',
    isTogether: params.together === '1',
  };
}

function startOf(id: string | undefined, { q, most }: Readonly<Record<string, string>>): Start {
  if (id?.startsWith('ent_')) return { by: 'entity', id: plainId(id) };
  if (id !== undefined) return { by: 'memory', id: plainId(id) };
  if (q) return { by: 'words', query: q };
  return { by: 'importance', most: Math.min(MOST_NODES, Math.max(1, Math.round(Number(most)) || DEFAULT_AMOUNT)) };
}

/** Puts a list into the address; all or none: it is left out. */
export const setList = (name: string, values: readonly string[], all: readonly string[]): void =>
  setParams({ [name]: values.length === all.length ? undefined : values.join(',') }, { replace: true });

export const select = (id: string | undefined): void => setParams({ selected: id }, { replace: true });
