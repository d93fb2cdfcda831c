import { messageOf } from '../core/text.ts';
import { notify } from './toast.tsx';

/** Says why something was not done. */
export const notifyFailure = (error: unknown): void => notify(messageOf(error), { tone: 'failed' });

/** Says what was done, and offers to take it back; then says so, or why it could not be. */
export function notifyDone(text: string, undo: () => Promise<unknown>, undone: string): void {
  notify(text, { undo: () => undo().then(() => notify(undone), notifyFailure) });
}
