import type { Token } from './statement.ts';
import { ME } from './subject.ts';
import { wordSet } from './tokens.ts';

const people =
  wordSet(`brother sister mother father mom mum dad son daughter wife husband partner boss manager friend neighbor
  neighbour cousin aunt uncle grandmother grandfather grandma grandpa colleague roommate teacher doctor landlord tenant
  customer client nephew niece girlfriend boyfriend fiance fiancee coach therapist`);
const speaker = wordSet(`i i'm i've i'd i'll we we're we've we'll user users`);
const ofSpeaker = wordSet('my our');
const isName = /^\p{Lu}\p{Ll}+(?:'s)?$/u;

/**
 * The people that a subject is of: `@me`, stems of names and of words such as `sister`. "My sister" is of the sister,
 * "my rent" and "I" of the one who speaks; "he" of nobody known. `names`: the stems of the clause's names.
 */
export function personsIn(subject: readonly Token[], names: ReadonlySet<string>): Set<string> {
  const others = subject.filter(
    ({ word, raw, stems }) => people.has(word) || (isName.test(raw) && stems.some((stem) => names.has(stem))),
  );
  const persons = new Set(others.flatMap(({ stems }) => stems));
  const isOfSpeaker = ({ word }: Token) => speaker.has(word) || (persons.size === 0 && ofSpeaker.has(word));
  return subject.some(isOfSpeaker) ? persons.add(ME) : persons;
}
