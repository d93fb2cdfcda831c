/**
 * Common words of English by how little they say about what a text is about, accents and case folded, contractions
 * without their apostrophe. Each tier has the weight of its words; a word in none of them weighs 1.
 */
const tiers: readonly [weight: number, words: string][] = [
  // Words that only hold a sentence together, and what is left of contractions.
  [
    0.05,
    `a an the and or nor but if of to in on at by for from with without into onto upon as than that this these those there here
    it its itself he him his himself she her hers herself they them their theirs themselves we us our ours ourselves i me my
    mine myself you your yours yourself yourselves am is are was were be been being do does did done doing have has had having
    will would shall should can could may might must ought not no so such too very s t d m ll re ve im ive id ill youre youve
    youd youll hes shes theyre theyve theyd theyll weve wed were isnt arent wasnt werent dont doesnt didnt havent hasnt hadnt
    wont wouldnt shouldnt cant cannot couldnt thats theres whats lets who whom whose which what when where why how`,
  ],
  // Words of any conversation: they turn up in questions and answers alike.
  [
    0.25,
    `about after again against all almost along already also although always among another any anybody anyone anything anyway
    around away back because before behind below beneath beside besides between beyond both during each either else enough
    even ever every everybody everyone everything everywhere few first get gets getting got gotten give gives given gave go
    goes going gone went good great hello hey hi however indeed instead just keep keeps kept kind know knows knew known last
    later least less let like likes liked little lot lots made make makes making many maybe me mean means meant more most
    mostly much neither never new next nobody none nothing now off often oh ok okay old once one only other others otherwise
    out over own perhaps please put puts quite rather really right said say saying says see seeing seen saw seem seemed seems
    several since some somebody someone something sometimes somewhere soon still stuff sure take taken takes taking tell tells
    telling told thank thanks then therefore thing things think thinking thinks thought though three through thus till together
    told took toward towards two under unless until up use used uses using usually want wanted wants way ways well whatever
    whenever wherever whether while whoever within yeah yep yes yet wow actually basically certainly definitely especially
    exactly generally hopefully literally obviously particularly probably simply totally`,
  ],
  // Common words that do say something, if not much by themselves.
  [
    0.6,
    `able added agree amazing answer ask asked asking asks awesome bad beautiful became become becomes began begin begins
    believe best better big bit bring bringing brings brought busy call called calling calls came care case change changed
    changes clear close come comes coming cool course currently cut day days deal decide decided different difficult early
    easy else end ended enjoy enjoyed enjoying enjoys example excited exciting experience fact fall far fast favorite
    favourite feel feeling feelings feels felt find finding finds fine five found four free friend friends full fun further
    general glad guess guy guys half hand happen happened happening happens happy hard head hear heard hearing help helped
    helpful helping helps hold home hope hoping hour hours idea ideas important include included includes including
    information interested interesting issue job join joined kinds large late lately learn learned learning learns learnt
    leave leaves leaving left life line list live lived lives living long longer look looked looking looks love loved loves
    loving main major matter meet meeting met mention mentioned mind minute minutes moment month months morning move moved
    moving name named names near necessary need needed needs nice night number numbers open part parts past people person
    persons place places plan planned planning plans play point possible pretty problem problems question questions read
    ready real reason recent recently remember remind result run running same second set share shared shares sharing short
    show showed showing shown shows side similar simple small somehow sorry sort sounds special spend spending spent start
    started starting starts state stay stayed step stop stopped story support supposed system talk talked talking talks team
    third times today tomorrow tonight top total tried tries true try trying turn turned type types understand visit visited
    wait waiting walk watch watched week weekend weeks went whole wish wonderful won word words work worked working works
    world worth wrong year years yesterday young time`,
  ],
];

/** How much a word weighs. A word unknown here weighs 1. */
export const wordWeights: ReadonlyMap<string, number> = new Map(
  // The first tier that has a word wins.
  tiers.toReversed().flatMap(([weight, words]) => words.split(/\s+/).map((word) => [word, weight] as const)),
);
