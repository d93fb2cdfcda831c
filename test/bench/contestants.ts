import { encodeId } from '../../src/kernel/ids.ts';
import type { ServerProcess } from './processes.ts';
import { startByHand, startPostGraphile, startService } from './processes.ts';

export type Question = 'Q1' | 'Q2';

/** Where contestants read, and as whom. */
export interface Place {
  databaseUrl: string;
  workspaceId: string;
}

/** Something that answers the questions over HTTP. */
export interface Contestant {
  name: string;
  start(place: Place): Promise<ServerProcess>;
  /** Where a question goes, behind the server's URL. */
  path(question: Question): string;
  /** The request's body, for the memory of a UUID. */
  body(question: Question, place: Place, id: string): string;
  /** The answer's data as the service would give it, public ids and all, for comparison. */
  // biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
  normal(data: any): unknown;
}

const service: Record<Question, string> = {
  Q1: `query Q1($id: ID!) { memory(id: $id) { id content type relations(first: 10, direction: OUT) {
    nodes { id type strength to { id content type } } } } }`,
  Q2: `query Q2($id: ID!) { memory(id: $id) { id content type relations(first: 10, direction: OUT) {
    edges { node { id type strength } neighbor { id content type relations(first: 5, direction: OUT) {
      edges { node { id type strength } neighbor { id content type } } } } } } } }`,
};

const page = (first: number) =>
  `outgoing(first: ${first}, condition: { retractedAt: null }, orderBy: [STRENGTH_DESC, ROW_ID_DESC])`;
const postGraphile: Record<Question, string> = {
  Q1: `query Q1($workspace: UUID!, $id: UUID!) { memory: memoryByWorkspaceIdAndRowId(workspaceId: $workspace, rowId: $id) {
    rowId content type ${page(10)} { nodes { rowId type strength target { rowId content type } } } } }`,
  Q2: `query Q2($workspace: UUID!, $id: UUID!) { memory: memoryByWorkspaceIdAndRowId(workspaceId: $workspace, rowId: $id) {
    rowId content type ${page(10)} { nodes { rowId type strength target { rowId content type
      ${page(5)} { nodes { rowId type strength target { rowId content type } } } } } } } }`,
};

// biome-ignore lint/suspicious/noExplicitAny: rows of three makes
type Given = any;

/** Brings what the makers call differently under one name; ids become the service's. */
function normalMemory(memory: Given): Given {
  if (!memory) return null;
  const { id, content, type } = memory;
  const relations = memory.relations ?? memory.outgoing;
  const list: Given[] | undefined = Array.isArray(relations) ? relations : (relations?.edges ?? relations?.nodes);
  return {
    id: publicId('Memory', memory.rowId ?? id),
    content,
    type,
    ...(list && {
      relations: list.map((item) => {
        const relation = item.node ?? item;
        const { type: kind, strength } = relation;
        const far = item.neighbor ?? relation.to ?? relation.target;
        return {
          id: publicId('MemoryRelation', relation.rowId ?? relation.id),
          type: kind,
          strength,
          to: normalMemory(far),
        };
      }),
    }),
  };
}
const publicId = (type: 'Memory' | 'MemoryRelation', id: string) => (id.includes('_') ? id : encodeId(type, id));
const normal = (data: Given) => normalMemory(data.memory);

/** PostGraphile, with or without what the service always has: a transaction as a role that row-level security binds. */
const graphile = (name: string, tenancy: boolean): Contestant => ({
  name,
  start: ({ databaseUrl, workspaceId }) => startPostGraphile(databaseUrl, tenancy ? workspaceId : undefined),
  path: () => '',
  body: (question, { workspaceId: workspace }, id) =>
    JSON.stringify({ query: postGraphile[question], variables: { workspace, id } }),
  normal,
});

const byHand = (name: string, tenancy: boolean): Contestant => ({
  name,
  start: ({ databaseUrl, workspaceId }) => startByHand(databaseUrl, workspaceId, tenancy),
  path: (question) => `/${question.toLowerCase()}`,
  body: (_question, _place, id) => JSON.stringify({ id }),
  normal,
});

export const contestants = {
  service: {
    name: 'the service',
    start: ({ databaseUrl }: Place) => startService(databaseUrl),
    path: () => '',
    body: (question: Question, _place: Place, id: string) =>
      JSON.stringify({ query: service[question], variables: { id: encodeId('Memory', id) } }),
    normal,
  },
  postGraphile: graphile('PostGraphile 5, no tenancy', false),
  bare: byHand('by hand, no tenancy', false),
  tenantPostGraphile: graphile('PostGraphile 5, tenancy', true),
  tenantBare: byHand('by hand, tenancy', true),
} satisfies Record<string, Contestant>;
