import { Panel } from '../../parts/panel.tsx';
import { Empty } from '../../parts/states.tsx';

/** One memory: its versions, its history, and why it is believed. */
export default function MemoryPanel() {
  return (
    <Panel title="Memory">
      <Empty title="This panel is not there yet" />
    </Panel>
  );
}
