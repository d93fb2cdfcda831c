import { Panel } from '../../parts/panel.tsx';
import { Empty } from '../../parts/states.tsx';

/** What importance will come to. */
export default function DecayPanel() {
  return (
    <Panel title="Decay">
      <Empty title="This panel is not there yet" />
    </Panel>
  );
}
