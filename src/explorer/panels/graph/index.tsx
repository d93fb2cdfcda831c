import { Panel } from '../../parts/panel.tsx';
import { Empty } from '../../parts/states.tsx';

/** Memories and how they are related, at a moment of two clocks. */
export default function GraphPanel() {
  return (
    <Panel title="Graph">
      <Empty title="This panel is not there yet" />
    </Panel>
  );
}
