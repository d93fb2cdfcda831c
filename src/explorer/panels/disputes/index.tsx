import { Panel } from '../../parts/panel.tsx';
import { Empty } from '../../parts/states.tsx';

/** Contradictions that wait for a decision. */
export default function DisputesPanel() {
  return (
    <Panel title="Disputes">
      <Empty title="This panel is not there yet" />
    </Panel>
  );
}
