import type { ComponentType } from 'preact';
import type { IconName } from '../parts/icon.tsx';

export interface PanelEntry {
  /** The first part of its address: `#/graph`. */
  route: string;
  title: string;
  icon: IconName;
  /** Whether it is reached through others alone, such as one memory. */
  isHidden?: boolean;
  /** Its code, a file of its own that the browser loads when it is first opened. */
  load: () => Promise<{ default: ComponentType }>;
}

/** All panels, in the order of the navigation; the first is opened where the address names none. */
export const panels: readonly PanelEntry[] = [
  { route: 'graph', title: 'Graph', icon: 'graph', load: () => import('./graph/index.tsx') },
  { route: 'recall', title: 'Recall', icon: 'recall', load: () => import('./recall/index.tsx') },
  { route: 'disputes', title: 'Disputes', icon: 'disputes', load: () => import('./disputes/index.tsx') },
  { route: 'timeline', title: 'Time line', icon: 'timeline', load: () => import('./timeline/index.tsx') },
  { route: 'decay', title: 'Decay', icon: 'decay', load: () => import('./decay/index.tsx') },
  { route: 'workspace', title: 'Workspace', icon: 'workspace', load: () => import('./workspace/index.tsx') },
  { route: 'memory', title: 'Memory', icon: 'memory', isHidden: true, load: () => import('./memory/index.tsx') },
];
