import { createHash } from 'node:crypto';

/** What there is to lead to. */
export interface Doors {
  /** Where GraphQL is, as `/graphql`. */
  endpoint: string;
  graphiql: boolean;
  explorer: boolean;
  mcp: boolean;
}

const STYLE = `
:root { --ground: #f5f6fa; --surface: #fff; --line: #d9deea; --text: #1a2033; --quiet: #535c74; --accent: #3550c8; --sunken: #eceff6; color-scheme: light dark }
@media (prefers-color-scheme: dark) { :root { --ground: #0e1220; --surface: #161b2c; --line: #2b334d; --text: #e8ebf5; --quiet: #a3acc6; --accent: #9db2ff; --sunken: #0a0d18 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', Arial, sans-serif }
main { max-width: 1040px; margin: 0 auto; padding: clamp(40px, 10vh, 110px) 24px 60px }
h1 { display: flex; align-items: center; gap: 14px; margin: 0; font-size: clamp(1.9rem, 5vw, 2.6rem); letter-spacing: -0.025em; line-height: 1.15 }
h1 svg { width: 46px; height: 46px; flex: none }
rect { fill: var(--accent); opacity: .92 }
rect:first-child { opacity: .45 }
.lead { max-width: 60ch; margin: 14px 0 36px; color: var(--quiet); font-size: 1.1rem }
ul { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(340px, 100%), 1fr)); gap: 18px; margin: 0; padding: 0; list-style: none }
li { display: flex; flex-direction: column; min-width: 0; padding: 24px; border: 1px solid var(--line); border-radius: 16px; background: var(--surface); box-shadow: 0 4px 20px #1a203312 }
h2 { margin: 0 0 6px; font-size: 1.2rem }
h2 a { color: var(--accent); text-decoration: none }
h2 a::after { content: ' →' }
h2 a:hover { text-decoration: underline }
li:last-child { grid-column: 1 / -1 }
code { overflow-wrap: anywhere }
li p { margin: 0; color: var(--quiet) }
pre { margin: 14px 0 12px; padding: 12px 14px; border-radius: 10px; background: var(--sunken); font: 13px/1.5 ui-monospace, 'SF Mono', Menlo, Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere }
button { align-self: flex-start; min-height: 38px; padding: 0 16px; border: 1px solid var(--accent); border-radius: 9px; background: none; color: var(--accent); font: inherit; font-weight: 600; cursor: pointer }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; border-radius: 4px }
li p + p, button + p { margin-top: 12px }
`;

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
<h1><svg viewBox="0 0 32 32" aria-hidden="true"><rect x="4" y="8" width="18" height="20" rx="4"/><rect x="10" y="4" width="18" height="20" rx="4"/></svg>Palimpsest</h1>
<p class="lead">A knowledge graph that remembers for AI agents: what is known, since when, from where, and what was believed before.</p>
<ul>
${doors.explorer ? door('Explore the memory', 'explore', 'See the graph and move through its time, ask what is remembered and why, and settle disputes.') : ''}
${doors.graphiql ? door('Query it in GraphiQL', graphql, 'Write GraphQL beside its documentation. Tabs with examples are there to run.') : ''}
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
