import { route } from './core/route.ts';
import { panels } from './panels/index.ts';
import { LiveRegion } from './parts/announce.tsx';
import { ConfirmDialog } from './parts/confirm.tsx';
import { Toasts } from './parts/toast.tsx';
import { Header } from './shell/header.tsx';
import { KeyDialog } from './shell/key-dialog.tsx';
import { Navigation } from './shell/navigation.tsx';
import { PanelPlace } from './shell/panel-place.tsx';
import { Shortcuts } from './shell/shortcuts.tsx';

/** The shell around the panel that the address names. */
export function App() {
  const name = route.value.panel || panels[0]?.route;
  return (
    <>
      {/* No link: what follows # in the address is the panel that is open. */}
      <button type="button" class="skip-link" onClick={() => document.getElementById('main')?.focus()}>
        Skip to content
      </button>
      <Header />
      <div class="body">
        <Navigation current={name} />
        <main id="main" tabIndex={-1}>
          <PanelPlace entry={panels.find((panel) => panel.route === name)} />
        </main>
      </div>
      <Toasts />
      <ConfirmDialog />
      <KeyDialog />
      <Shortcuts />
      <LiveRegion />
    </>
  );
}
