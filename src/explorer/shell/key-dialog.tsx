import { useState } from 'preact/hooks';
import { giveKey, isKey, keyWanted, refuseKey } from '../core/api.ts';
import { Dialog } from '../parts/dialog.tsx';

/** Asks for a key where the server wants a credential. */
export const KeyDialog = () => (keyWanted.value ? <Asking refusal={keyWanted.value.message} /> : null);

function Asking({ refusal }: { refusal: string }) {
  const [isWrong, setWrong] = useState(false);
  return (
    <Dialog title="A key is needed" onClose={() => keyWanted.peek() && refuseKey()}>
      <form
        class="key-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          const key = String(new FormData(event.currentTarget).get('key')).trim();
          setWrong(!isKey(key));
          if (isKey(key)) giveKey(key);
        }}
      >
        <p>{refusal}</p>
        <label for="key">API key or JWT</label>
        <input
          id="key"
          name="key"
          type="password"
          autocomplete="off"
          spellcheck={false}
          aria-invalid={isWrong}
          aria-describedby={isWrong ? 'key-wrong' : undefined}
        />
        {isWrong && (
          <p class="warning" id="key-wrong" role="alert">
            A key has letters, digits and signs of ASCII alone, and no spaces.
          </p>
        )}
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
