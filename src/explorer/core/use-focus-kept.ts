import type { RefObject } from 'preact';
import { useEffect } from 'preact/hooks';

/**
 * Where the card goes away that has the focus, because it was decided or judged, the next one takes it, or the heading
 * where none is left: who works by keys goes on from there. Cards are articles; they and the heading can be focused.
 */
export function useFocusKept(section: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const place = section.current;
    if (!place) return;
    const cards = () => [...place.querySelectorAll('article')];
    let card: HTMLElement | null = null;
    let index = 0;
    const follow = ({ target }: FocusEvent) => {
      // A dialog gives the focus back to where it was opened.
      if (!(target instanceof Element) || target.closest('dialog')) return;
      card = place.contains(target) ? target.closest('article') : null;
      index = card ? cards().indexOf(card) : 0;
    };
    const observer = new MutationObserver(() => {
      if (!card || card.isConnected) return;
      card = null;
      if (document.activeElement !== document.body) return;
      const left = cards();
      (left[Math.min(index, left.length - 1)] ?? place.querySelector('h2'))?.focus();
    });
    document.addEventListener('focusin', follow);
    observer.observe(place, { childList: true, subtree: true });
    return () => {
      document.removeEventListener('focusin', follow);
      observer.disconnect();
    };
  }, []);
}
