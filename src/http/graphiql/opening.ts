import type { Tab } from './tab.ts';

/** How many characters of a line GraphiQL's editor shows on a screen of 1280 pixels. */
const COLUMNS = 44;

/** The same document, with each comment in lines that can be read without scrolling. */
export const withShortComments = (query: string): string =>
  query.replace(/^( *)# (.+)$/gm, (_, indent: string, text: string) => {
    const lines = [''];
    for (const word of text.split(' ')) {
      const longer = `${lines.at(-1)} ${word}`;
      if (`${indent}#${longer}`.length > COLUMNS && lines.at(-1) !== '') lines.push(` ${word}`);
      else lines[lines.length - 1] = longer;
    }
    return lines.map((line) => `${indent}#${line}`).join('\n');
  });

/**
 * A script that runs before GraphiQL. That keeps its tabs in the browser, and would open one more, an empty one without
 * a name, at each load; it would also leave the variables of the first tab out. So the script says which tab is open:
 * the one of `?query=` and `?variables=` where the address has these, or else the one that was open last.
 */
export const openingScript = (tabs: readonly Tab[]): string => `
(() => {
  const examples = ${JSON.stringify(tabs).replaceAll('<', '\\u003c')};
  const KEY = 'graphiql:tabState';
  const nameOf = (query) => /^(?!\\s*#).*\\b(?:query|subscription|mutation)\\s+(\\w+)/m.exec(query)?.[1] ?? null;
  const tabOf = ({ query, variables = null }) => ({
    id: Math.random().toString(36).slice(2), hash: null, title: nameOf(query) ?? 'query', query, variables,
    headers: null, operationName: nameOf(query), response: null,
  });
  const read = () => {
    try {
      const { tabs, activeTabIndex } = JSON.parse(localStorage.getItem(KEY));
      const open = tabs[activeTabIndex];
      const kept = tabs.filter(({ query }) => query);
      return { tabs: kept, activeTabIndex: Math.max(0, kept.indexOf(open)) };
    } catch {
      return { tabs: [], activeTabIndex: 0 };
    }
  };
  try {
    const state = read();
    if (state.tabs.length === 0) state.tabs = examples.map(tabOf);
    const address = new URL(location.href);
    const query = address.searchParams.get('query');
    const variables = address.searchParams.get('variables');
    if (query) {
      const same = (tab) => tab.query === query && (variables === null || tab.variables === variables);
      if (!state.tabs.some(same)) state.tabs.push(tabOf({ query, variables }));
      state.activeTabIndex = state.tabs.findIndex(same);
      for (const name of ['query', 'variables']) address.searchParams.delete(name);
      history.replaceState({}, '', address);
    }
    localStorage.setItem(KEY, JSON.stringify(state));
    for (const name of ['query', 'variables', 'headers']) {
      localStorage.setItem('graphiql:' + name, state.tabs[state.activeTabIndex][name] ?? '');
    }
  } catch {
    // A browser may refuse storage: GraphiQL then opens as it does without this.
  }
})();
`;
