import type { VariablesOf } from '../../core/graphql.ts';
import { type Point, pointOf } from '../../core/point.ts';
import { type Params, setParams } from '../../core/route.ts';
import { memoryStatuses, memoryTypes } from '../../parts/badges.tsx';
import { valuesIn } from '../../parts/check-group.tsx';
import type { recall } from './documents.ts';

export type Variables = VariablesOf<typeof recall>;
export type Input = Variables['input'];

export const PAGE = 20;

/** The weights that can be set, each with its default and the end of its slider. */
export const weightSettings = {
  relevance: { standard: 1, most: 2, text: 'Relevance: words, spread, vector, cues' },
  recency: { standard: 0.05, most: 1, text: 'Recency' },
  importance: { standard: 0.05, most: 1, text: 'Importance' },
  confidence: { standard: 0.05, most: 1, text: 'Confidence' },
} as const;

export type WeightName = keyof typeof weightSettings;
export const weightNames = Object.keys(weightSettings) as WeightName[];

export const modes = { HYBRID: 'Words and vectors', LEXICAL: 'Words alone', SEMANTIC: 'Vectors alone' } as const;
export const orders = { RELEVANCE: 'By score', VARIETY: 'By score, varied', TIME: 'By time, in tens' } as const;

const nameIn = <Name extends string>(names: Record<Name, string>, text: string | undefined): Name | undefined =>
  text !== undefined && Object.hasOwn(names, text) ? (text as Name) : undefined;

const numberIn = (text: string | undefined, most: number): number | undefined => {
  const number = text === undefined || text === '' ? Number.NaN : Number(text);
  return number >= 0 && number <= most ? number : undefined;
};

/** What the address asks for. */
export interface Asked {
  query: string;
  types: ReturnType<typeof valuesIn<(typeof memoryTypes)[number]>>;
  statuses: ReturnType<typeof valuesIn<(typeof memoryStatuses)[number]>>;
  minImportance: number | undefined;
  mode: keyof typeof modes | undefined;
  order: keyof typeof orders | undefined;
  /** Those that were set. */
  weights: Partial<Record<WeightName, number>>;
  at: Point | undefined;
}

export function askedBy(params: Readonly<Record<string, string>>): Asked {
  const set = weightNames.map((name) => [name, numberIn(params[`w.${name}`], 1_000_000)] as const);
  return {
    query: params.q ?? '',
    types: valuesIn(params.types, memoryTypes),
    statuses: valuesIn(params.statuses, memoryStatuses),
    minImportance: numberIn(params.min, 10),
    mode: nameIn(modes, params.mode),
    order: nameIn(orders, params.order),
    weights: Object.fromEntries(set.filter(([, value]) => value !== undefined)),
    at: pointOf('', params),
  };
}

/** How many of the settings beside the question differ from what is usual. */
export const settingsMade = ({ types, statuses, minImportance, mode, order, weights, at }: Asked): number =>
  [types.length, statuses.length, minImportance, mode, order, Object.keys(weights).length, at].filter(Boolean).length;

/** What the server is asked: by a companion's key. */
export function inputOf(asked: Asked, companion: string): Input {
  const { query, types, statuses, minImportance, mode, order, weights } = asked;
  return {
    companion: { key: companion },
    query,
    ...(mode && { mode }),
    ...(order && { order }),
    ...(Object.keys(weights).length > 0 && { weights }),
    filter: {
      statuses: statuses.length > 0 ? statuses : ['ACTIVE', 'DISPUTED'],
      ...(types.length > 0 && { types }),
      ...(minImportance && { minImportance }),
    },
  };
}

/** Changes a setting in the address, which is no step for the Back button: a slider makes many. */
export const set = (params: Params): void => setParams(params, { replace: true });
