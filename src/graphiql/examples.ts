/** The tabs GraphiQL opens with: operations that work on the demo graph. */
export const exampleTabs: { query: string }[] = [
  {
    query: `# Whom Iris remembers about, and what she learned last
query Latest {
  companion(by: { key: "iris" }) {
    name
    description
    memories(first: 5) {
      totalCount
      nodes { id type content recordedAt user { externalId } }
    }
  }
}
`,
  },
];
