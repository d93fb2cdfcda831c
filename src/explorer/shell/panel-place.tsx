import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { route } from '../core/route.ts';
import type { PanelEntry } from '../panels/index.ts';
import { announce } from '../parts/announce.tsx';
import { Empty, Failed, Loading } from '../parts/states.tsx';

const loaded = new Map<string, ComponentType>();
let isFirst = true;

/** Where a panel is shown: loads its code, and takes the focus there when another one is opened. */
export function PanelPlace({ entry }: { entry: PanelEntry | undefined }) {
  const [, setLoads] = useState(0);
  const [failure, setFailure] = useState<unknown>();
  const name = entry?.route;
  const Loaded = name === undefined ? undefined : loaded.get(name);
  const load = () => {
    setFailure(undefined);
    entry?.load().then(({ default: component }) => {
      loaded.set(entry.route, component);
      setLoads((loads) => loads + 1);
    }, setFailure);
  };
  useEffect(() => {
    if (!Loaded) load();
  }, [name]);
  useEffect(() => {
    document.title = entry ? `${entry.title} – Palimpsest` : 'Palimpsest';
    if (!Loaded || !entry) return;
    // Who has just opened the page begins at its beginning.
    if (!isFirst) document.getElementById('panel-title')?.focus();
    isFirst = false;
    announce(entry.title);
  }, [name, Loaded]);
  if (!entry) {
    return (
      <Empty title="There is no such panel">
        The address says <code>{route.value.panel}</code>.
      </Empty>
    );
  }
  if (failure !== undefined) return <Failed error={failure} retry={load} />;
  return Loaded ? <Loaded /> : <Loading what={`Loading ${entry.title}`} />;
}
