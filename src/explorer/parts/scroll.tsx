import type { ComponentChildren } from 'preact';

/** What may be wider than a phone, such as a table: it scrolls, by keys too. */
export const Scroll = ({ label, children }: { label: string; children: ComponentChildren }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: who has no pointer scrolls it by keys
  <section class="scroll" tabIndex={0} aria-label={label}>
    {children}
  </section>
);
