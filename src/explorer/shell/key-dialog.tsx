import { giveKey, keyWanted, refuseKey } from '../core/api.ts';
import { Dialog } from '../parts/dialog.tsx';

/** Asks for a key where the server wants a credential. */
export function KeyDialog() {
  const refusal = keyWanted.value;
  if (!refusal) return null;
  return (
    <Dialog title="A key is needed" onClose={() => keyWanted.peek() && refuseKey()}>
      <form
        class="key-form"
        onSubmit={(event) => {
          event.preventDefault();
          giveKey(String(new FormData(event.currentTarget).get('key')).trim());
        }}
      >
        <p>{refusal.message}</p>
        <label for="key">API key or JWT</label>
        <input id="key" name="key" type="password" required autocomplete="off" spellcheck={false} />
        <p class="quiet">It stays in the memory of this page, and is gone when the page is closed or loaded again.</p>
        <footer>
          <button type="submit" class="button button-main">
            Use this key
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
