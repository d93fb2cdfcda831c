import { demoId, type Tab } from './tab.ts';

/** The tabs that change something, each as often as it is run. */
export const mutationTabs: Tab[] = [
  {
    query: `# Two memories and a relation between them, in one request. Sent again with the same key, it changes nothing
mutation Create($input: CreateMemoriesInput!) {
  createMemories(input: $input) {
    __typename
    ... on Error { code message }
    ... on CreateMemoriesPayload {
      memories { id type content status user { externalId } entities { nodes { name type } } }
      duplicateIds
      relations { id type from { content } to { content } }
    }
  }
}
`,
    variables: `{
  "input": {
    "idempotencyKey": "example-1",
    "companion": { "key": "iris" },
    "user": { "externalId": "maya" },
    "memories": [
      {
        "ref": "fair",
        "type": "EXPERIENCE",
        "content": "Maya showed Maré at a bicycle fair in Porto, and forty people asked where to buy it.",
        "importance": 8,
        "context": { "conversationId": "after-the-fair", "turnNumber": 1, "speaker": "Maya" },
        "entities": [{ "type": "project", "name": "Maré" }, { "type": "place", "name": "Porto" }]
      },
      {
        "ref": "series",
        "type": "FACT",
        "content": "Maya plans a first series of twelve Maré bikes.",
        "confidence": 0.7,
        "entities": [{ "type": "project", "name": "Maré" }]
      }
    ],
    "relations": [{ "from": { "ref": "fair" }, "to": { "ref": "series" }, "type": "CAUSES", "strength": 0.9 }]
  }
}
`,
  },
  {
    query: `# Changing the details of a memory, and archiving another one. The content itself never changes
mutation Change($espresso: ID!, $talk: ID!) {
  updateMemory(input: { id: $espresso, summary: "Espresso machine: guaranteed until February 2030.", importance: 6 }) {
    __typename
    ... on Error { code message }
    ... on UpdateMemoryPayload { memory { content summary importance updatedAt } }
  }
  archiveMemories(input: { ids: [$talk] }) {
    __typename
    ... on Error { code message }
    ... on ArchiveMemoriesPayload { memories { content status archivedAt } }
  }
}
`,
    variables: `{ "espresso": "${demoId('espresso-machine')}", "talk": "${demoId('menu-talk-1')}" }
`,
  },
  {
    query: `# A slot finds changes by itself: the rate of July arrives last and takes its place
mutation Rates {
  first: createMemory(input: {
    companion: { key: "iris" }, user: { externalId: "tomas" }, type: FACT, slot: "cafe.coffee_price"
    content: "A coffee at Roda costs 1.20 euros.", validFrom: "2026-03-14T00:00:00Z"
  }) { ...Price }
  third: createMemory(input: {
    companion: { key: "iris" }, user: { externalId: "tomas" }, type: FACT, slot: "cafe.coffee_price"
    content: "A coffee at Roda costs 1.50 euros.", validFrom: "2026-09-28T00:00:00Z"
  }) { ...Price }
  second: createMemory(input: {
    companion: { key: "iris" }, user: { externalId: "tomas" }, type: FACT, slot: "cafe.coffee_price"
    content: "A coffee at Roda costs 1.30 euros.", validFrom: "2026-07-01T00:00:00Z"
  }) { ...Price }
}

fragment Price on CreateMemoryResult {
  __typename
  ... on Error { code message }
  ... on CreateMemoryPayload {
    duplicate
    succeeded { content validUntil }
    memory { content validFrom validUntil versions { nodes { content validFrom validUntil } } }
  }
}
`,
  },
  {
    query: `# A correction, and its undo: nothing is lost, and every step can be undone
mutation CorrectAndRevert($guarantee: ID!) {
  correctMemory(input: {
    id: $guarantee
    content: "The café's second-hand espresso machine is guaranteed until the end of March 2030."
    reason: "Read from the receipt"
  }) {
    __typename
    ... on Error { code message }
    ... on CorrectMemoryPayload { memory { content } corrected { content status } }
  }
  revertCorrection(input: { id: $guarantee }) {
    __typename
    ... on Error { code message }
    ... on RevertCorrectionPayload { memory { content status versions { nodes { content status } } } }
  }
}
`,
    variables: `{ "guarantee": "${demoId('espresso-machine')}" }
`,
  },
  {
    query: `# A memory that was useful decays more slowly from then on. An importance that would leave 0–10 is set to the limit
mutation Reinforce($allergy: ID!) {
  reinforceMemories(input: { ids: [$allergy], delta: 0.5 }) {
    __typename
    ... on Error { code message }
    ... on ReinforceMemoriesPayload { memories { content importance accessCount lastAccessedAt } clampedIds }
  }
}
`,
    variables: `{ "allergy": "${demoId('hazelnut-allergy')}" }
`,
  },
  {
    query: `# An expected failure is data: an allergy cannot be the cause of the dinner at which it was noticed
mutation Failure($allergy: ID!, $dinner: ID!) {
  relateMemories(input: { fromId: $allergy, toId: $dinner, type: CAUSES }) {
    __typename
    ... on Error { code message }
    ... on CycleError { memories { content } }
    ... on RelateMemoriesPayload { relation { id } }
  }
}
`,
    variables: `{ "allergy": "${demoId('hazelnut-allergy')}", "dinner": "${demoId('hazelnut-dinner')}" }
`,
  },
];
