import { mutationTabs } from './mutation-examples.ts';
import { demoId, type Tab } from './tab.ts';

/** The tabs GraphiQL opens with: operations that work on the demo graph, each as often as it is run. */
export const exampleTabs: Tab[] = [
  {
    query: `# The users Iris knows, and her memories: the last five, and the first two
query Latest($after: String, $before: String) {
  companion(by: { key: "iris" }) {
    name
    description
    # For the next page, set the variable after to the endCursor. To go back, set before to the startCursor.
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
    query: `# Why the studio opened: its causes, three levels deep, in one request
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
    query: `# One fact at two moments: what Maya billed per hour in June, and in October
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
    query: `# A question with one answer at a time: where Maya lives, where she lived, and when the service learned it
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
    query: `# A claim that was wrong: what was believed in spring, what is believed now, and what depended on it
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
    query: `# Two sources, two dates: both are disputed, and each has a lower confidence because of the other
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
    query: `# What newer memories seem to say of older ones, noticed when they were written: judgeFindings says what holds
query Findings {
  findings {
    totalCount
    nodes {
      id
      kind
      score
      reason
      memory { content status validFrom }
      by { content status validFrom }
    }
  }
}
`,
  },
  {
    query: `# How importance will have decayed in half a year, and what decayImportance would archive then. Nothing is written
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
    query: `# All events, in the order they were committed: ask again with the endCursor as after, and miss nothing
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
    query: `# The entities mentioned most, and one of them by an alias: where is it mentioned, and with what?
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
    query: `# A question in plain words, and why each memory was found: AppliedRecallWeights says how a score is computed
query Recall {
  recall(input: { companion: { key: "iris" }, query: "Why was the second prototype late?" }, first: 5) {
    mode
    weights { vector lexical relevance recency importance confidence }
    edges {
      score
      node { type content recordedAt similar(first: 2) { similarity memory { content } } }
      explanation {
        similarity lexical matchedTerms spread spreadFrom { content } cues { name factor }
        relevance recency importance confidence
      }
    }
  }
}
`,
  },
  {
    query: `# How two memories are connected, and what is around one of them, including what mentions the same people and things
query Graph($from: ID!, $to: ID!) {
  path(input: { from: $from, to: $to }) {
    length
    strength
    memories { content }
    relations { type strength }
  }
  graph(input: { from: [$to], depth: 2, maxNodes: 20, throughEntities: true }) {
    memories { depth memory { id content } via { type } viaEntity { name } }
    relations { type strength from { id } to { id } }
    truncated
  }
  entities(first: 3) { nodes { name related(first: 3) { edges { sharedCount node { name } } } } }
}
`,
    variables: `{ "from": "${demoId('lisbon-talk-1')}", "to": "${demoId('studio-opened')}" }
`,
  },
  ...mutationTabs,
];
