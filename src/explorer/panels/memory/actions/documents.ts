import { graphql } from '../../../core/graphql.ts';
import { standing } from '../../../parts/correction/documents.ts';
import { failure } from '../../../parts/failure/documents.ts';

export const correctMemory = graphql(
  `
  mutation CorrectMemory($input: CorrectMemoryInput!) {
    correctMemory(input: $input) {
      ... on CorrectMemoryPayload { memory { id ...standing } }
      ...failure
    }
  }
`,
  [failure, standing],
);

export const retractMemory = graphql(
  `
  mutation RetractMemory($input: RetractMemoryInput!) {
    retractMemory(input: $input) {
      ... on RetractMemoryPayload { memory { id ...standing } }
      ...failure
    }
  }
`,
  [failure, standing],
);

export const contradictMemory = graphql(
  `
  mutation ContradictMemory($input: ContradictMemoryInput!) {
    contradictMemory(input: $input) {
      ... on ContradictMemoryPayload { contradiction { id } }
      ...failure
    }
  }
`,
  [failure],
);

export const dismissContradiction = graphql(
  `
  mutation DismissContradiction($input: ResolveContradictionInput!) {
    resolveContradiction(input: $input) {
      ... on ResolveContradictionPayload { contradiction { id } }
      ...failure
    }
  }
`,
  [failure],
);

export const relateMemories = graphql(
  `
  mutation RelateMemories($input: RelateMemoriesInput!) {
    relateMemories(input: $input) {
      ... on RelateMemoriesPayload { relation { id } }
      ...failure
    }
  }
`,
  [failure],
);

export const unrelateMemories = graphql(
  `
  mutation UnrelateMemories($input: UnrelateMemoriesInput!) {
    unrelateMemories(input: $input) {
      ... on UnrelateMemoriesPayload { relation { id } }
      ...failure
    }
  }
`,
  [failure],
);

export const reinforceMemories = graphql(
  `
  mutation ReinforceMemories($input: ReinforceMemoriesInput!) {
    reinforceMemories(input: $input) {
      ... on ReinforceMemoriesPayload { memories { id importance } }
      ...failure
    }
  }
`,
  [failure],
);

export const archiveMemories = graphql(
  `
  mutation ArchiveMemories($input: ArchiveMemoriesInput!) {
    archiveMemories(input: $input) {
      ... on ArchiveMemoriesPayload { memories { id archivedAt } }
      ...failure
    }
  }
`,
  [failure],
);

export const restoreMemories = graphql(
  `
  mutation RestoreMemories($input: RestoreMemoriesInput!) {
    restoreMemories(input: $input) {
      ... on RestoreMemoriesPayload { memories { id archivedAt } }
      ...failure
    }
  }
`,
  [failure],
);

export const updateMemory = graphql(
  `
  mutation UpdateMemory($input: UpdateMemoryInput!) {
    updateMemory(input: $input) {
      ... on UpdateMemoryPayload { memory { id updatedAt accessCount } }
      ...failure
    }
  }
`,
  [failure],
);

export const forgetMemories = graphql(
  `
  mutation ForgetMemories($input: ForgetMemoriesInput!) {
    forgetMemories(input: $input) {
      ... on ForgetMemoriesPayload { forgottenIds }
      ...failure
    }
  }
`,
  [failure],
);

/** Whether a memory is as a change has left it. */
export const leftAs = graphql(`
  query LeftAs($id: ID!) {
    memory(id: $id) { archivedAt updatedAt accessCount }
  }
`);

/** What forgetting a memory takes with it. */
export const whatGoes = graphql(`
  query WhatGoes($id: ID!) {
    memory(id: $id) {
      id
      message { id }
      versions(first: 100) { totalCount nodes { id content } }
      relations(first: 0) { totalCount }
      contradictions(first: 0) { totalCount }
      history(first: 0) { totalCount }
      entities(first: 100) {
        nodes {
          id
          name
          memories(
            first: 100
            filter: { statuses: [ACTIVE, UPCOMING, DISPUTED, ENDED, EXPIRED, CORRECTED, RETRACTED, ARCHIVED] }
          ) { totalCount nodes { id } }
        }
      }
    }
  }
`);
