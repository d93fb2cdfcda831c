import { encodeId } from '../ids.ts';
import { memoryKey } from '../transfer/keys.ts';

interface Tab {
  query: string;
  /** As JSON. */
  variables?: string;
}

/** The id of a memory of the demo graph, which is made from its name there. */
const demoId = (name: string) => encodeId('Memory', memoryKey(name));

/** The tabs GraphiQL opens with: operations that work on the demo graph, each as often as it is run. */
export const exampleTabs: Tab[] = [
  {
    query: `# Whom Iris remembers about, and what she learned: the last five, and the first two
query Latest($after: String, $before: String) {
  companion(by: { key: "iris" }) {
    name
    description
    # To page on, put the endCursor into the variable after, to page back the startCursor into before.
    latest: memories(first: 5, after: $after) {
      totalCount
      nodes { id type content importance recordedAt user { externalId } }
      pageInfo { hasNextPage endCursor }
    }
    earliest: memories(last: 2, before: $before) {
      nodes { id type content recordedAt }
      pageInfo { hasPreviousPage startCursor }
    }
  }
}
`,
    variables: `{ "after": null, "before": null }
`,
  },
  {
    query: `# Why the studio opened: what brought it about, what brought that about, and once more, in one request
query Traversal {
  memories(filter: { text: "opened studio Roda" }, first: 1) {
    nodes {
      content
      relations(direction: IN, types: [CAUSES]) {
        totalCount
        edges {
          node { type strength }
          neighbor {
            content
            relations(direction: IN, types: [CAUSES], first: 5) {
              edges {
                node { strength }
                neighbor {
                  content
                  relations(direction: IN, types: [CAUSES], first: 5) {
                    edges { node { strength } neighbor { content validFrom } }
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}
`,
  },
  {
    query: `# Two moments of one fact: what Maya billed by the hour in June, and in October
query PointInTime {
  june: memories(filter: { text: "hourly euros" }, at: { validAt: "2026-06-01T00:00:00Z" }) { nodes { ...Rate } }
  october: memories(filter: { text: "hourly euros" }, at: { validAt: "2026-10-01T00:00:00Z" }) { nodes { ...Rate } }
}

# The id carries the moment: node(id:) reads the memory as it was then.
fragment Rate on Memory {
  id
  content
  status
  importance
  validFrom
  validUntil
}
`,
  },
  {
    query: `# A question with one answer at a time: where Maya lives, lived, and what the service came to know when
query Slot {
  memories(filter: { slots: ["user.home"] }) {
    nodes {
      content
      validFrom
      versions { totalCount nodes { content status validFrom validUntil recordedAt } }
    }
  }
  # In May she still lived in Graça.
  may: memories(filter: { slots: ["user.home"] }, at: { validAt: "2026-05-01T00:00:00Z" }) { nodes { id content } }
}
`,
  },
  {
    query: `# A claim that was wrong: what was believed in spring, what is now, and what rested on it
query Correction($lease: ID!) {
  spring: memory(id: $lease, at: { knownAt: "2026-05-01T00:00:00Z" }) { id content status }
  now: memory(id: $lease) {
    content
    status
    retractedAt
    current { content recordedAt }
    history { nodes { kind at actor reason changes } }
  }
  suspect: memories(filter: { suspect: true, types: [FACT] }) { nodes { content suspect } }
}
`,
    variables: `{ "lease": "${demoId('warehouse-lease')}" }
`,
  },
  {
    query: `# Two sources, two dates: both are disputed, each believed less the more the other speaks against it
query Dispute {
  contradictions(filter: { statuses: [OPEN] }) {
    totalCount
    nodes {
      id
      reason
      strength
      memory { content status statedConfidence confidence context }
      by { content status statedConfidence confidence context }
    }
  }
}
`,
  },
  {
    query: `# How importance will have faded in half a year, and what decayImportance would put aside then; nothing is written
query Decay {
  viewer { workspace { decayPolicies { type halfLifeDays floor archiveBelow accessStretch } } }
  decayPreview(companion: { key: "iris" }, until: "2027-06-01T00:00:00Z") {
    examined
    decayed
    archived
    importanceBefore { bands mean }
    importanceAfter { bands mean }
  }
  memories(orderBy: { field: IMPORTANCE }, first: 5) {
    nodes { content importance inHalfAYear: importance(on: "2027-06-01T00:00:00Z") }
  }
}
`,
  },
  {
    query: `# All that befell, in the order it was committed: ask again with the endCursor as after, and miss nothing
query Events($after: String) {
  events(first: 5, after: $after) {
    totalCount
    nodes { at kind actor reason changes memory { content } }
    pageInfo { hasNextPage endCursor }
  }
}
`,
    variables: `{ "after": null }
`,
  },
  {
    query: `# What is mentioned most, and one of it by an alias: where does it come up, and with what?
query Entities {
  entities(filter: { companion: { key: "iris" } }, first: 5) {
    totalCount
    nodes { name type aliases }
  }
  tubing: entities(filter: { name: "the tubing" }) {
    nodes {
      name
      memories(orderBy: { field: VALID_FROM, direction: ASC }) {
        totalCount
        nodes { content validFrom entities { nodes { name } } }
      }
    }
  }
}
`,
  },
  {
    query: `# A question in plain words: what Iris would be reminded of
query Recall {
  recall(input: { companion: { key: "iris" }, query: "Why was the second prototype late?" }, first: 5) {
    edges {
      score
      node { type content recordedAt user { externalId } }
    }
  }
}
`,
  },
  {
    query: `# Two memories and what joins them, in one go; sent again under the same key, it changes nothing
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
    query: `# Saying more about a memory, and putting another one aside; content itself never changes
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
    query: `# A slot finds changes by itself: the rate of July arrives last and falls into its place
mutation Rates {
  first: createMemory(input: { companion: { key: "iris" }, user: { externalId: "tomas" }, type: FACT, slot: "cafe.coffee_price", content: "A coffee at Roda costs 1.20 euros.", validFrom: "2026-03-14T00:00:00Z" }) { ...Price }
  third: createMemory(input: { companion: { key: "iris" }, user: { externalId: "tomas" }, type: FACT, slot: "cafe.coffee_price", content: "A coffee at Roda costs 1.50 euros.", validFrom: "2026-09-28T00:00:00Z" }) { ...Price }
  second: createMemory(input: { companion: { key: "iris" }, user: { externalId: "tomas" }, type: FACT, slot: "cafe.coffee_price", content: "A coffee at Roda costs 1.30 euros.", validFrom: "2026-07-01T00:00:00Z" }) { ...Price }
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
    query: `# Corrected, and taken back: nothing is lost, and every step can be undone
mutation CorrectAndRevert($guarantee: ID!) {
  correctMemory(input: { id: $guarantee, content: "The café's second-hand espresso machine is guaranteed until the end of March 2030.", reason: "Read from the receipt" }) {
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
    query: `# A memory that was of use fades more slowly from then on; what leaves 0–10 is kept at its end, and said so
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
    query: `# A failure one can expect is data: an allergy cannot be what caused the dinner it came to light at
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
