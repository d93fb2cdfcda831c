import { Panel } from '../../parts/panel.tsx';
import { Empty } from '../../parts/states.tsx';

/** What a question finds, and why. */
export default function RecallPanel() {
  return (
    <Panel title="Recall">
      <Empty title="This panel is not there yet" />
    </Panel>
  );
}
