import type { ExplorerBundle } from './bundle.ts';

/** What the page says to its script of the server. Addresses are relative to the page's own. */
export interface PageFacts {
  /** Where GraphQL is. */
  graphql: string;
  /** Whether GraphiQL is served at the same address. */
  graphiql: boolean;
  /** Whether the schema has subscriptions. */
  subscriptions: boolean;
}

/** What the explorer's page may load and do: what this server serves, and nothing inline. */
export const EXPLORER_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  // Layouts of graphs are computed in threads, which their libraries make of texts.
  'worker-src blob:',
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** The page of the explorer. `folder`: where its files are, relative to the page. */
export const explorerPage = (bundle: ExplorerBundle, folder: string, facts: PageFacts): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${factsOf(facts)}<title>Palimpsest</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(ICON)}">
<link rel="stylesheet" href="${folder}/${bundle.style}">
<script type="module" src="${folder}/${bundle.script}"></script>
</head>
<body>
<div id="app"></div>
<noscript>The explorer is a program in JavaScript, which this browser does not run.</noscript>
</body>
</html>
`;

const fact = (name: string, value: string | false) =>
  value === false ? '' : `<meta name="palimpsest:${name}" content="${value}">\n`;

const factsOf = ({ graphql, graphiql, subscriptions }: PageFacts): string =>
  fact('graphql', graphql) + fact('graphiql', graphiql && graphql) + fact('subscriptions', subscriptions && 'sse');

/** Two sheets, of which the lower one shows through. */
export const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect x="4" y="8" width="18" height="20" rx="4" ' +
  'fill="#9db2f5"/><rect x="10" y="4" width="18" height="20" rx="4" fill="#3f5bd9" fill-opacity=".88"/></svg>';
