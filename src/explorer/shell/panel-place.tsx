import type { ComponentType } from 'preact';
import { useEffect, useErrorBoundary, useState } from 'preact/hooks';
import { plainId } from '../core/point.ts';
import { route } from '../core/route.ts';
import type { PanelEntry } from '../panels/index.ts';
import { announce } from '../parts/announce.tsx';
import { Empty, Failed, Loading } from '../parts/states.tsx';

const loaded = new Map<string, ComponentType>();
let isFirst = true;

/** Where a panel is shown: loads its code, and takes the focus there when another one, or another thing in it, is opened. */
export function PanelPlace({ entry }: { entry: PanelEntry | undefined }) {
  const [, setLoads] = useState(0);
  const [failure, setFailure] = useState<{ of: string; error: unknown }>();
  const name = entry?.route;
  const id = route.value.id && plainId(route.value.id);
  const Loaded = name === undefined ? undefined : loaded.get(name);
  useEffect(() => {
    if (Loaded || !entry) return;
    setFailure(undefined);
    entry.load().then(
      ({ default: component }) => {
        loaded.set(entry.route, component);
        setLoads((loads) => loads + 1);
      },
      (error) => setFailure({ of: entry.route, error }),
    );
  }, [name]);
  useEffect(() => {
    document.title = entry ? `${entry.title} – Palimpsest` : 'Palimpsest';
    if (!Loaded || !entry) return;
    // Who has just opened the page begins at its beginning.
    if (!isFirst) document.getElementById('panel-title')?.focus();
    isFirst = false;
    announce(entry.title);
  }, [name, id, Loaded]);
  if (!entry) {
    return (
      <Empty title="There is no such panel">
        The address says <code>{route.value.panel}</code>.
      </Empty>
    );
  }
  if (failure?.of === name) return <Failed error={failure?.error} retry={loadPage} />;
  return Loaded ? <Guarded key={name} panel={Loaded} /> : <Loading what={`Loading ${entry.title}`} />;
}

/** A browser does not ask again for code that it could not load; and after an update of the server it has another name. */
const loadPage = () => location.reload();

/** A panel that cannot be drawn says why, and the shell around it stays. At another address it is tried again. */
function Guarded({ panel: Shown }: { panel: ComponentType }) {
  const [error, reset] = useErrorBoundary();
  const address = route.value;
  useEffect(() => {
    if (error !== undefined) reset();
  }, [address]);
  return error === undefined ? <Shown /> : <Failed error={error} retry={reset} />;
}
