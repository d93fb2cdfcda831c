/** Matches any of some patterns as whole words; each alternative is literal words with optional endings. */
const anyOf = (patterns: string, before = String.raw`\b`): RegExp =>
  new RegExp(`${before}(?:${patterns.trim().replaceAll(/\s*\n\s*/g, '')})(?![\\w-])`);

/** What asks for something, as it is said within a sentence. */
export const asks = new RegExp(
  [
    anyOf(`(?:can|could|would|will) you|help me|any (?:tips|advice|ideas|suggestions|recommendations)|do you think|should i|
      how (?:do|can|should|would|could|does|to)|what (?:are|is|do|can|should|would)`).source,
    anyOf('what|how|which|where|when|why|who', '^').source,
  ].join('|'),
);
/** How a question or request begins whose mark is missing. */
export const beginsAsking = anyOf('can|could|would|will|what|how|which|where|when|why|do|does|should|any', '^');
/** How a question begins that has its mark. */
export const question = anyOf(
  `can|could|would|will|do|does|did|should|what|how|where|when|why|which|who|is|are|am|any|have you|has|were|was|shall|may`,
  '^',
);
/** What reports a question. */
export const reportsQuestion =
  anyOf(`(?:explain|asks?|asked|discuss(?:ed)?|debated|wonder(?:s|ed|ing)?|decid(?:e|ing)|explored|not sure)
  (?: me| him| her| them)? (?:why|how|whether|if|when|what)`);
/** How a clause begins that only supposes something. */
export const supposes = anyOf('if|suppose|imagine|unless', '^');

/** What makes a clause say a wish, a plan or a doubt. */
export const hedges =
  anyOf(`if|maybe|perhaps|might|would|could|consider(?:ing)?|thinking (?:about|of)|wondering|want(?:s|ed)? to|
  hop(?:e|ing|es) to|plan(?:s|ning)? to|wish|hypothetically|suppose|trying to (?:decide|figure)`);

/** What says that something has changed. */
export const changeCue =
  anyOf(`no longer|any ?more|now|instead|currently|these days|since|as of|from now on|switch(?:ed|ing)?|
  chang(?:ed?|ing|es)|mov(?:ed|ing)|relocat(?:ed|ing)|migrat(?:ed|ing)|renam(?:ed|ing)|replac(?:ed|ing|es)|updat(?:ed?|ing|es)|
  revis(?:ed|ing|ion)|correct(?:ed|ion)|adjust(?:ed|ing|ment)|reschedul(?:ed|ing)|postpon(?:ed|ing)|exten(?:ded|ding|ds|sion)|
  increas(?:ed?|ing|es)|decreas(?:ed?|ing|es)|reduc(?:ed?|ing|es)|rais(?:ed|ing)|lower(?:ed|ing)|grew|grown|
  improv(?:ed?|ing|es)|expand(?:ed|ing|s)|new|latest|recently|promot(?:ed|ion)|upgrad(?:ed?|ing)|downgrad(?:ed?|ing)|rose|
  dropped|bumped|shift(?:ed|ing)?|pushed|total(?:s|ed)?|reach(?:ed|es)|used to|actually|turns out|converted|becomes?|became|
  quit|left|stopped|started|joined|doubled|tripled|exceed(?:ed|ing|s)|(?:up|down) to|went (?:up|down)|turned`);

export const likes = anyOf(
  'love|loves|loved|like|likes|enjoy|enjoys|enjoyed|adore|adores|fond of|fan of|prefer|prefers|into|favou?rite',
);
export const dislikes =
  anyOf(`hate|hates|hated|dislike|dislikes|can't stand|cannot stand|detest|detests|loathe|loathes|avoid|
  avoids|sick of|tired of|despise|despises|gone off|went off|fed up with|annoyed by`);

export const pasts = anyOf('was|were|had|used to|formerly|previously|once(?! an?)');

/** Verbs that say how something is rather than what happened. */
export const statics =
  anyOf(`is|are|was|were|has|have|costs?|weighs?|takes?|listens?|runs?|starts?|ends?|lasts?|holds?|earns?|
  owns?|limit|contains?|includes?|pays?|stands?|sleeps?|leaves|opens|closes|departs|arrives|begins`);

/** What takes back what was said before. */
export const retractions = anyOf(`i (?:misspoke|lied|was wrong|was mistaken|made a mistake)|scratch that|correction|
  (?:that|this|what i said) (?:was|is|wasn't|isn't) (?:wrong|not true|true|right|incorrect|a mistake)`);
