/** What people add when they describe what they are at. */
const rambling = [
  'I have been thinking about the {a} all week and I am still not sure that I began at the right end.',
  'A friend who knows more about it than I do says that the {a} is the easy part and that the {b} will cost me the most time.',
  'I have read two guides, and they contradict each other on nearly everything that has to do with the {b}.',
  'Please do not assume that I know the words for all of this, I learned what I know by breaking things.',
  'Yesterday evening I tried to sort out the {b} on my own and gave up after an hour or so.',
  'What I have so far for the {a} is a page of notes, half of them crossed out.',
  'I would rather understand why something works than get a finished answer that I cannot change later.',
  'If there is a way to do the {c} first and leave the {a} for later, that would suit me.',
  'Last year I tried something of the kind, and it went wrong because I had underestimated the {c}.',
  'I can spend perhaps three evenings a week on it, and the weekends when nobody visits.',
  'My feeling is that the {d} does not fit in with the rest, but I cannot say what exactly is wrong.',
  'Can you look at the {a} and the {d} together and tell me where you would start?',
];

/** What an assistant answers at length, whatever is asked. */
const advising = [
  '\n\n### Step {n}: Look at the {a}\nBegin with the {a} as it is today, and write down what works before you change anything.',
  'A common mistake is to plan the {b} in detail while the {a} is still open.',
  '\n- **{a}**: keep it simple, and note each decision with its reason.',
  '\n- **{b}**: decide what has to be there from the first day, and what can wait.',
  '\n- **{c}**: ask somebody who has done it before, ten minutes save an afternoon.',
  'Most people find that the {c} takes twice as long as they thought, so leave some room for it.',
  '\n\n### Step {n}: Bring the {b} and the {c} together\nHere it pays that the notes of the first step are complete.',
  'If you are unsure, try two versions of the {b} on a small scale and compare them after a week.',
  'You can always come back to the {d} once the rest has settled.',
  '\n\nFor example, a simple table with three columns is enough: what, until when, and who looks after it.',
  'Whatever you choose, change one thing at a time, or you will not know what helped.',
  '\n\n### Step {n}: Check the {d}\nGo through the {d} line by line, and strike out what nobody would miss.',
  'It also helps to agree on a day on which the {a} is looked at again.',
  '\n- **Time**: reserve a fixed hour for the {d} and protect it.',
  '\n- **Tools**: what you have is enough for the {a}; buy something only when it is missing for the third time.',
  'In the end the {b} matters more than the {d}, even if it is seen less.',
  '\n\n### Summary\nFirst the {a}, then the {b}, after that the {c} and the {d}; and a pause before each of them.',
  'Let me know how far you have come with the {c}, and I will help you with the next step.',
];

/** A message of about so many characters around what it has to say. The same gives the same. */
export function lengthen(role: string, said: string, characters: number, topics: readonly string[]): string {
  const pool = role === 'user' ? rambling : advising;
  // Each chat begins elsewhere in the pool, and what is said stands where a third of the message is over.
  let next = said.length;
  const sentences: string[] = [];
  let length = said.length;
  let place = role === 'user' ? -1 : 0;
  for (let n = 1; length < characters; n++) {
    const sentence = fill(pool[next++ % pool.length] as string, n, topics, next);
    if (place < 0 && length > characters / 3) place = sentences.length;
    sentences.push(sentence);
    length += sentence.length + 1;
  }
  return sentences.toSpliced(Math.max(0, place), 0, said).join(' ').trim();
}

const fill = (template: string, n: number, topics: readonly string[], turn: number): string =>
  template.replaceAll(/\{(\w)\}/g, (_, letter: string) =>
    letter === 'n' ? `${n}` : (topics['abcd'.indexOf(letter) + (turn % 2)] ?? (topics[0] as string)),
  );
