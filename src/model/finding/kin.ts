import { stemOf } from './tokens.ts';

/** Verbs that say of one deed: who has built something has made it. By their first form. */
const groups = `
  make build create develop design implement write produce code draft compose construct
  get obtain receive acquire buy purchase secure earn win
  finish complete end conclude
  meet see encounter
  attend visit go join participate
  fix solve resolve repair debug correct
  use employ utilize apply adopt
  try attempt practice practise test
  add include integrate incorporate
  start begin launch enroll
  submit send deliver upload file
  deploy release publish ship host
  configure set setup install
  study learn read review
  plan schedule arrange organize prepare
  discuss talk speak consult
  choose select pick decide
  hire employ recruit
  manage handle process maintain
  improve optimize enhance refactor
  like love enjoy adore prefer favorite`;

const groupsOf = new Map<string, Set<number>>();
for (const [group, line] of groups.trim().split('\n').entries()) {
  for (const word of line.trim().split(' ')) {
    const stem = stemOf(word);
    groupsOf.set(stem, (groupsOf.get(stem) ?? new Set()).add(group));
  }
}

/** Whether two stems are of verbs of one kind. */
export function areKin(a: string, b: string): boolean {
  const [ofA, ofB] = [groupsOf.get(a), groupsOf.get(b)];
  return ofA !== undefined && ofB !== undefined && !ofA.isDisjointFrom(ofB);
}
