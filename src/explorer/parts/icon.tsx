/** Lines in a square of 24. */
const paths = {
  graph:
    'M6 6.5 16.5 8M7 8l4 8.5M16.5 10 12.5 16.5' +
    'M6 4.5a2 2 0 1 0 0 4 2 2 0 0 0 0-4M18 6a2 2 0 1 0 0 4 2 2 0 0 0 0-4M12 16a2 2 0 1 0 0 4 2 2 0 0 0 0-4',
  disputes: 'M4 5h10v7H8l-4 3zM17 9h3v9l-3-2h-6v-1',
  recall: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M15.5 15.5 20 20',
  timeline: 'M4 12h16M7 9v6M12 7v10M17 9v6',
  decay: 'M4 4v16h16M7 8c3 7 6 9 12 9',
  workspace: 'M4 4h7v7H4zM13 4h7v4h-7zM13 10h7v10h-7zM4 13h7v7H4z',
  memory: 'M6 4h12v16H6zM9 9h6M9 13h6',
  sun:
    'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8' +
    'M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4',
  moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z',
  keyboard: 'M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M8 14h8',
  close: 'M6 6l12 12M18 6 6 18',
  outside: 'M10 5H5v14h14v-5M14 4h6v6M20 4l-9 9',
  retry: 'M4 12a8 8 0 1 0 2.5-5.8M4 4v4.5h4.5',
} as const;

export type IconName = keyof typeof paths;

/** A picture beside words: it has no name of its own. */
export const Icon = ({ name }: { name: IconName }) => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
    <path d={paths[name]} />
  </svg>
);
