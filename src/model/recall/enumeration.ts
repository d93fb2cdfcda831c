import { foldAccents } from '../text/accents.ts';

/** The order in which a recall lists memories; see {@link arrange}. */
export type RecallOrder = 'RELEVANCE' | 'VARIETY' | 'TIME';

/** How many characters of a question are read. */
const LOOKED_AT = 1_000;
/** What may be between two words of a request. */
const SOME = '.{0,80}?';
/** How a request begins. */
const START = "^(?:(?:please|can|could|would|will|you|bitte|kannst|du|por|favor|puedes|peux-tu|s'il te plaît)[ ,]+)*";

/** How a question asks for things in the order in which they happened. */
const asksForOrder = [
  'in (?:which|what) (?:order|sequence)',
  'the (?:order|sequence) (?:in which|i|we|you|of events)',
  `(?:list|name|enumerate|sort|arrange|put|tell|walk|take|recount|describe|give|show)(?: ${SOME})?` +
    ' in (?:the )?(?:right |correct |chronological )?(?:order|sequence)',
  'chronological(?:ly)?|(?:a|the) timeline of|from first to last',
  'from (?:the )?(?:earliest|oldest) to (?:the )?(?:latest|newest|most recent)',
  'in welcher (?:reihenfolge|abfolge)|(?:reihenfolge|abfolge), in der|der reihe nach',
  'chronologisch(?:e[rn]?)?|zeitliche[rn]? (?:reihenfolge|abfolge)',
  'en qu[eé] (?:orden|secuencia)|el orden en (?:el )?que|(?:orden|secuencia) cronol[oó]gic[oa]|cronol[oó]gicamente',
  "dans quel(?:le)? (?:ordre|séquence)|l['’]ordre dans lequel|ordre chronologique|chronologiquement",
];

/** How a question asks for everything, or for many things. */
const asksForMany = [
  `${START}(?:list|enumerate|summari[sz]e|recap|sum up)(?= \\S)`,
  '(?:list|enumerate|name|tell me|give me|show me|remind me of|what are|who are|which are)(?: me)?(?: of)? (?:all|every|each)',
  '(?:give|make|show|write|get|create|want|need|provide)(?: me| us)?(?: with)? an? (?:\\w+ ){0,2}(?:list of|summary|recap|overview)',
  '(?:tell me|list|know|remember|show me) everything|(?:quick|short|brief) (?:summary|recap|overview)',
  '(?:walk|run|take|talk) me through (?:all|every|everything|my|our|the (?:history|stages|story))',
  'how many (?:\\w+ )?(?:different|distinct|unique|separate)|(?:what|which)(?: are)?(?: the| my| our| some)? (?:different|various)',
  '(?:across|throughout|in all)(?: all)?(?: of)?(?: our| my| the| these)? (?:conversations|chats|sessions|discussions|messages)',
  `${START}(?:liste|z(?:ä|ae)hle?) ${SOME} auf|auflisten|aufz(?:ä|ae)hlen|fass(?:e|en|t)? ${SOME} zusammen|zusammenfass(?:en|ung)`,
  '(?:nenne?|zeige?|sage?|gib|was sind|wer sind)(?: mir| uns)? alle[ns]?|(?:einen?|kurzen?|guten?) (?:ü|ue)ber(?:blick|sicht)',
  'wie viele (?:verschiedene|unterschiedliche)n?|welche (?:verschiedenen|unterschiedlichen)',
  `${START}(?:enumera|lista|haz(?:me)? una lista|resume (?:lo|l[ao]s?|el|mis?|nuestr[oa]s?|todo|c[oó]mo))`,
  '(?:nombra|dime|mu[eé]strame|dame|cu[aá]les son|qui[eé]nes son) tod[oa]s',
  'res[uú]me(?:me|nos)|un (?:\\p{L}+ )?resumen|una visi[oó]n general|todo lo que sabes',
  `cu[aá]nt[oa]s ${SOME}(?:diferentes|distint[oa]s)|qu[eé] (?:diferentes|distint[oa]s)`,
  `${START}(?:liste|lister|[eé]num[eè]re|[eé]num[eé]rer|fais(?:-moi)? une liste|résumer?)(?= \\S)`,
  `${START}resume[ -](?:moi|les|mes|nos|tout)`,
  '(?:nomme|cite|donne(?:-moi)?|dis-moi|quel(?:le)?s sont|qui sont) tou(?:s|tes)|un (?:\\p{L}+ )?résumé|tout ce que tu sais',
  `une vue d['’]ensemble|un aperçu|combien d\\S* ${SOME}différente?s|quel(?:le)?s (?:sont les )?différente?s`,
];

const anyOf = (patterns: readonly string[]): RegExp =>
  new RegExp(`(?<![\\p{L}\\p{N}])(?:${patterns.join('|')})(?![\\p{L}\\p{N}])`, 'u');
const order = anyOf(asksForOrder);
const many = anyOf(asksForMany);

/** The order that a question asks for, in English, German, Spanish or French. */
export function orderAskedFor(question: string): RecallOrder {
  const text = question.slice(0, LOOKED_AT).normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ').trim();
  if (order.test(text)) return 'TIME';
  return many.test(text) ? 'VARIETY' : 'RELEVANCE';
}

/** True of a question that asks for many things. */
export const asksForList = (question: string): boolean => orderAskedFor(question) !== 'RELEVANCE';

/**
 * Words with which a question asks for a list. They say little about what belongs on it. In lower case, without
 * accents.
 */
const framing = new Set(
  `across aspect aspects brief bring brought chat chats chronological chronologically clear complete comprehensive
  conversation conversations different discuss discussed discussions distinct enumerate everything item items list
  listed mention mentioned only order overview provide quick recap sequence sessions summarise summarize summary
  throughout timeline unique various walk
  alle auflisten aufzahlen liste nenne reihenfolge uberblick ubersicht unterschiedliche verschiedene zusammen
  zusammenfassen zusammenfassung
  aspectos cronologico diferentes distintas distintos enumera lista orden resumen secuencia todas todos
  apercu chronologique differentes differents enumere ordre toutes`.split(/\s+/),
);

/** True of a word, in lower case, with which a question asks for a list. */
export const isFraming = (word: string): boolean => framing.has(foldAccents(word));
