import { Panel } from '../../parts/panel.tsx';
import { Empty } from '../../parts/states.tsx';

/** What happened, in its order. */
export default function TimelinePanel() {
  return (
    <Panel title="Time line">
      <Empty title="This panel is not there yet" />
    </Panel>
  );
}
