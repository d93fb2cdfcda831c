import type { MemoryType } from '../../../../client/operations/types.ts';
import { typeColors } from '../../../parts/badges.tsx';

/** The colours of the page as they are now, for a canvas: they depend on the theme. */
export interface Palette {
  types: Record<MemoryType, string>;
  text: string;
  ground: string;
  line: string;
  quiet: string;
  bad: string;
  suspect: string;
  accent: string;
  good: string;
  /** For communities. */
  tints: readonly string[];
}

const TINTS = 8;

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    types: typeColors(),
    text: read('text'),
    ground: read('surface'),
    line: read('line'),
    quiet: read('quiet'),
    bad: read('bad'),
    suspect: read('suspect'),
    accent: read('accent'),
    good: read('good'),
    tints: Array.from({ length: TINTS }, (_, index) => read(`tint-${index}`)),
  };
}

/** A colour `#rrggbb` that shows what is behind it; `opacity`: 0–1. */
export function faded(color: string, opacity: number): string {
  const alpha = Math.round(Math.min(1, Math.max(0, opacity)) * 255);
  return `${color}${alpha.toString(16).padStart(2, '0')}`;
}
