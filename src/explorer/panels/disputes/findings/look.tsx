import { useState } from 'preact/hooks';
import { change } from '../../../core/change.ts';
import { companion, user } from '../../../core/route.ts';
import { useQuery } from '../../../core/use-query.ts';
import { Dialog } from '../../../parts/dialog.tsx';
import { ChoiceField } from '../../../parts/fields.tsx';
import { FormDialog, type Values } from '../../../parts/form-dialog.tsx';
import { Answer } from '../../../parts/states.tsx';
import { notify } from '../../../parts/toast.tsx';
import { comparable, detectFindings } from './documents.ts';

const TITLE = 'Look for more findings?';
/** Companions seldom come or go: they are asked for again at most once in so many milliseconds. */
const CALM_MS = 60_000;

/** How sure it must be, as a choice: `value` is the least score. */
const leastScores = [
  { value: '0.5', text: 'as usual: 50 % or more' },
  { value: '0.8', text: 'what is nearly certain: 80 % or more' },
  { value: '0.3', text: 'also what is doubtful: 30 % or more' },
];

/** Looks through what is remembered already, once it is said what that does. `onLooked` takes what came of it, in words. */
export function LookForMore({ onLooked }: { onLooked: (said: string) => void }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button type="button" class="button" onClick={() => setOpen(true)}>
        Look for more
      </button>
      {isOpen && <LookDialog onClose={() => setOpen(false)} onLooked={onLooked} />}
    </>
  );
}

function LookDialog({ onClose, onLooked }: { onClose: () => void; onLooked: (said: string) => void }) {
  const query = useQuery(comparable, {}, { everything: true, calmMs: CALM_MS });
  const named = query.data?.companions.nodes.map(({ key, name }) => ({ value: key, text: name ?? key }));
  if (!named) {
    return (
      <Dialog title={TITLE} onClose={onClose}>
        <Answer query={query}>{() => null}</Answer>
      </Dialog>
    );
  }
  const chosen = companion.value;
  // A link may name one that is not among the first hundred.
  const isMissing = chosen !== undefined && !named.some(({ value }) => value === chosen);
  const options = isMissing ? [{ value: chosen, text: chosen }, ...named] : named;
  const nameOf = (key: string | undefined) => options.find(({ value }) => value === key)?.text ?? key ?? '';
  const about = user.value;
  const look = async (values: Values) => {
    const of = values.companion ?? '';
    const { detectFindings: done } = await change(detectFindings, {
      companion: { key: of },
      minScore: Number(values.minScore),
      ...(about !== undefined && { user: { externalId: about } }),
    });
    if (!('examined' in done)) return;
    const said = lookedWords(done, nameOf(of));
    onLooked(said);
    notify(said);
  };
  return (
    <FormDialog
      title={TITLE}
      initial={{ companion: chosen ?? options[0]?.value ?? '', minScore: '0.5' }}
      effects={(values) => <Effects name={nameOf(values.companion)} about={about} />}
      action="Look for more"
      hasEffect={(values) => values.companion !== ''}
      onClose={onClose}
      onSubmit={look}
    >
      <ChoiceField name="companion" label="Whose memories" options={options} />
      <ChoiceField name="minScore" label="How sure it must be" options={leastScores} />
    </FormDialog>
  );
}

const Effects = ({ name, about }: { name: string; about: string | undefined }) => (
  <>
    <p>
      Each fact, preference and instruction that {name} believes now
      {about !== undefined && ` about ${about}`} is compared with what was remembered before it. With many memories this
      takes a while.
    </p>
    <p>No memory is changed. What is found is listed here, and changes nothing before somebody judges it.</p>
    <p>A pair that was found before, or is disputed already, does not come again.</p>
  </>
);

const lookedWords = ({ examined, findingCount }: { examined: number; findingCount: number }, name: string): string =>
  `${examined.toLocaleString()} ${examined === 1 ? 'memory' : 'memories'} of ${name} compared: ${
    findingCount === 0
      ? 'nothing new was found'
      : `${findingCount.toLocaleString()} new ${findingCount === 1 ? 'finding' : 'findings'}`
  }.`;
