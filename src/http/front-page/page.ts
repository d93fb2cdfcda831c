import { createHash } from 'node:crypto';
import { STYLE } from './style.ts';

/** What there is to lead to. */
export interface Doors {
  /** Where GraphQL is, as `/graphql`. */
  endpoint: string;
  graphiql: boolean;
  explorer: boolean;
  mcp: boolean;
}

const EXPLORER = 'See the graph and move through its time, ask what is remembered and why, and settle disputes.';
const GRAPHIQL = 'Write GraphQL beside its documentation. Tabs with examples are there to run.';

/** Makes the addresses whole, as this browser sees the server, and copies the entry. */
const SCRIPT = `
for (const each of document.querySelectorAll('[data-address]')) each.textContent = new URL(each.dataset.address, location).href;
const button = document.querySelector('button');
if (button) {
  button.hidden = false;
  button.addEventListener('click', async () => {
    const entry = document.querySelector('pre');
    try {
      await navigator.clipboard.writeText(entry.textContent);
      button.textContent = 'Copied';
    } catch {
      getSelection().selectAllChildren(entry);
      button.textContent = 'Selected: copy it now';
    }
  });
}
`;

const digestOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** What the start page may load and do: its own style and script, and nothing else. */
export const FRONT_PAGE_POLICY = [
  "default-src 'none'",
  `script-src ${digestOf(SCRIPT)}`,
  `style-src ${digestOf(STYLE)}`,
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** The start page: what this server is, and its doors. All addresses are relative. */
export function frontPage(doors: Doors): string {
  const graphql = doors.endpoint.slice(1);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Palimpsest</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>
<svg viewBox="0 0 32 32" aria-hidden="true">
<rect x="4" y="8" width="18" height="20" rx="4"/><rect x="10" y="4" width="18" height="20" rx="4"/>
</svg>
Palimpsest
</h1>
<p class="lead">A knowledge graph that remembers for AI agents: what is known, since when, from where, and what was believed before.</p>
<ul>
${doors.explorer ? door('Explore the memory', 'explore', EXPLORER) : ''}
${doors.graphiql ? door('Query it in GraphiQL', graphql, GRAPHIQL) : ''}
${agentDoor(doors.mcp, graphql)}
</ul>
</main>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

const door = (title: string, address: string, text: string) =>
  `<li><h2><a href="${address}">${title}</a></h2><p>${text}</p></li>`;

function agentDoor(mcp: boolean, graphql: string): string {
  const docs = '<p>The folder <code>docs</code> of Palimpsest says more: mcp.md on agents, clients.md on programs.</p>';
  const programs = `<p>Programs send GraphQL to <code data-address="${graphql}">/${graphql}</code>.</p>`;
  if (!mcp) return `<li><h2>Connect an agent</h2>${programs}${docs}</li>`;
  const entry = `{
  "mcpServers": {
    "palimpsest": {
      "type": "http",
      "url": "<span data-address="mcp">/mcp</span>"
    }
  }
}`;
  return `<li><h2>Connect an agent</h2><p>An entry for the MCP settings of an agent or editor:</p>
<pre>${entry}</pre><button type="button" hidden>Copy</button>${programs}${docs}</li>`;
}
