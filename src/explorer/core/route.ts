import { computed, signal } from '@preact/signals';

/** What the address says after its `#`: `#/memory/mem_1?companion=iris&knownAt=…`. */
export interface Route {
  /** The first part, such as `graph`. Empty: none. */
  panel: string;
  /** What follows it, e.g. an id. */
  id: string | undefined;
  /** All state of a panel that a link should carry. */
  params: Readonly<Record<string, string>>;
}

/** Values by name; undefined takes one out. */
export type Params = Readonly<Record<string, string | undefined>>;

/** What is kept from panel to panel. */
const KEPT = ['companion', 'user'];

function read(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const [panel = '', id] = path.split('/').map(decodeSafely);
  return { panel, id: id || undefined, params: Object.fromEntries(new URLSearchParams(query)) };
}

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const current = signal(read(location.hash));
addEventListener('hashchange', () => {
  current.value = read(location.hash);
});

/** Where the explorer is. */
export const route = computed(() => current.value);
/** The key of the companion that is chosen; undefined: all. */
export const companion = computed(() => current.value.params.companion);
/** The external id of the user that is chosen; undefined: all. */
export const user = computed(() => current.value.params.user);

/** The address of a panel. The companion and the user stay as they are, unless `params` name them. */
export function hrefTo(panel: string, id?: string, params: Params = {}): string {
  const kept = Object.fromEntries(KEPT.map((name) => [name, current.value.params[name]]));
  const path = [panel, ...(id === undefined ? [] : [id])].map(encodeURIComponent).join('/');
  const query = queryOf({ ...kept, ...params });
  return `#/${path}${query && `?${query}`}`;
}

/** Opens a panel, as a click on its link does. */
export function go(panel: string, id?: string, params: Params = {}): void {
  location.hash = hrefTo(panel, id, params);
}

/** Changes some of the state in the address. With `replace` the change is no step of its own for the Back button. */
export function setParams(params: Params, { replace = false } = {}): void {
  const { panel, id, params: before } = current.value;
  const href = hrefTo(panel, id, { ...before, ...params });
  if (href === location.hash) return;
  history[replace ? 'replaceState' : 'pushState'](null, '', href);
  current.value = read(href);
}

const queryOf = (params: Params): string =>
  new URLSearchParams(
    Object.entries(params).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''),
  ).toString();
