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
