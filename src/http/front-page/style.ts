/** The look of the start page, dark and light as the system prefers. */
export const STYLE = `
:root {
  --ground: #f5f6fa;
  --surface: #fff;
  --line: #d9deea;
  --text: #1a2033;
  --quiet: #535c74;
  --accent: #3550c8;
  --sunken: #eceff6;
  color-scheme: light dark;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0e1220;
    --surface: #161b2c;
    --line: #2b334d;
    --text: #e8ebf5;
    --quiet: #a3acc6;
    --accent: #9db2ff;
    --sunken: #0a0d18;
  }
}
* { box-sizing: border-box }
body {
  margin: 0;
  background: var(--ground);
  color: var(--text);
  font: 16px/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', Arial, sans-serif;
}
main { max-width: 1040px; margin: 0 auto; padding: clamp(40px, 10vh, 110px) 24px 60px }
h1 {
  display: flex;
  align-items: center;
  gap: 14px;
  margin: 0;
  font-size: clamp(1.9rem, 5vw, 2.6rem);
  letter-spacing: -0.025em;
  line-height: 1.15;
}
h1 svg { width: 46px; height: 46px; flex: none }
rect { fill: var(--accent); opacity: .92 }
rect:first-child { opacity: .45 }
.lead { max-width: 60ch; margin: 14px 0 36px; color: var(--quiet); font-size: 1.1rem }
ul {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(340px, 100%), 1fr));
  gap: 18px;
  margin: 0;
  padding: 0;
  list-style: none;
}
li {
  display: flex;
  flex-direction: column;
  min-width: 0;
  padding: 24px;
  border: 1px solid var(--line);
  border-radius: 16px;
  background: var(--surface);
  box-shadow: 0 4px 20px #1a203312;
}
h2 { margin: 0 0 6px; font-size: 1.2rem }
h2 a { color: var(--accent); text-decoration: none }
h2 a::after { content: ' →' }
h2 a:hover { text-decoration: underline }
li:last-child { grid-column: 1 / -1 }
code { overflow-wrap: anywhere }
li p { margin: 0; color: var(--quiet) }
pre {
  margin: 14px 0 12px;
  padding: 12px 14px;
  border-radius: 10px;
  background: var(--sunken);
  font: 13px/1.5 ui-monospace, 'SF Mono', Menlo, Consolas, monospace;
  white-space: pre-wrap;
  overflow-wrap: anywhere;
}
button {
  align-self: flex-start;
  min-height: 38px;
  padding: 0 16px;
  border: 1px solid var(--accent);
  border-radius: 9px;
  background: none;
  color: var(--accent);
  font: inherit;
  font-weight: 600;
  cursor: pointer;
}
:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; border-radius: 4px }
li p + p, button + p { margin-top: 12px }
`;
