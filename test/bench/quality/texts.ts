import { drawing } from '../../../src/model/evaluation/measures.ts';
import { lengthen } from '../../support/made-up/lengthen.ts';

const CHARACTERS = 4_000;
const WORDS = 3_000;

/** Texts that are written in one call, by what they are. */
export type Loads = Record<string, readonly string[]>;

/** Made-up texts, the same each time: their words are of one to four syllables, some used often and most seldom. */
export function writtenTexts(): Loads {
  const random = drawing(11);
  const syllable = () => `${'bdfgklmnprstvz'[Math.floor(random() * 14)]}${'aeiou'[Math.floor(random() * 5)]}`;
  const words = Array.from({ length: WORDS }, () =>
    Array.from({ length: 1 + Math.floor(random() * 4) }, syllable).join(''),
  );
  const word = () => words[Math.floor(Math.exp(random() * Math.log(WORDS))) - 1] as string;
  const sentence = (length: number) => `${Array.from({ length }, word).join(' ')}.`;
  const message = (n: number) => {
    const topics = [word(), word(), word(), word()];
    const said = Array.from({ length: 30 }, () => sentence(10)).join(' ');
    return lengthen(n % 2 === 0 ? 'user' : 'assistant', said, CHARACTERS, topics).slice(0, CHARACTERS - 10);
  };
  return {
    '1,000 turns': Array.from({ length: 1_000 }, (_, n) => `Turn ${n}: ${sentence(20)}`),
    '100 chat messages of 4,000 characters': Array.from({ length: 100 }, (_, n) => message(n)),
  };
}
