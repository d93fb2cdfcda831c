/** Stems of irregular words of English, which a stemmer does not bring together: "buy" and "bought". */
const irregularForms = `
  becom becam|begin began begun|bend bent|bite bit bitten|blow blew blown|break broke broken|bring brought
  build built|buy bought|catch caught|choos chose chosen|come came|deal dealt|dig dug|draw drew drawn
  dream dreamt|drink drank drunk|drive drove driven|eat ate eaten|fall fell fallen|feed fed|feel felt
  fight fought|find found|fli flew flown|forget forgot forgotten|forgiv forgav forgiven|freez froze frozen
  get got gotten|give gave given|go went gone|grow grew grown|hang hung|hear heard|hide hid hidden|hold held
  keep kept|know knew known|lay laid|lead led|leav left|lend lent|lie lay lain|light lit|lose lost|make made
  mean meant|meet met|pay paid|ride rode ridden|ring rang rung|rise rose risen|run ran|say said|see saw seen
  seek sought|sell sold|send sent|sew sewn|shake shook shaken|shine shone|shoot shot|show shown|sing sang sung
  sink sank sunk|sit sat|sleep slept|speak spoke spoken|spend spent|stand stood|steal stole stolen|stick stuck
  strike struck|swear swore sworn|sweep swept|swim swam swum|swing swung|take took taken|teach taught
  tear tore torn|tell told|think thought|throw threw thrown|understand understood|wake woke woken|wear wore worn
  weav wove woven|weep wept|win won|write wrote written|child children|man men|woman women|person peopl
  foot feet|tooth teeth|mous mice|goos gees|life live|wife wive|knife knive|leaf leav|shelf shelv`;

const groups = irregularForms.split(/[|\n]/).map((line) => line.trim().split(/\s+/));
const groupsOf = Map.groupBy(
  groups.flatMap((group) => group.map((stem) => ({ stem, group }))),
  ({ stem }) => stem,
);

/** The stems of a word's other forms; none for a regular word. */
export const formsOf = (stem: string): string[] => [
  ...new Set((groupsOf.get(stem) ?? []).flatMap(({ group }) => group).filter((form) => form !== stem)),
];

/** One stem for all forms of an irregular word: `buy` for `bought`; of a regular word its own. */
export const baseOf = (stem: string): string => groupsOf.get(stem)?.[0]?.group[0] ?? stem;
