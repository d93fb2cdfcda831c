const names = `Maya Tom Ana Ben Lea Omar Iris Noah Sara Finn Zoe Ivan Mila Hugo Nina Karl Ella Paul Rosa Jonas`.split(
  ' ',
);
const cities =
  `Berlin Lisbon Oslo Porto Vienna Madrid Dublin Prague Athens Riga Ghent Turin Basel Lyon Malmo Gdansk`.split(' ');
/** How many other words there are; the n-th is used about 1/n as often as the first. */
const VOCABULARY = 30_000;

/** A number from 0 to below 1, the same for the same place and salt. */
function chance(place: number, salt: number): number {
  let x = Math.imul(place + 1, 2_654_435_761) ^ Math.imul(salt + 1, 1_597_334_677);
  x = Math.imul(x ^ (x >>> 15), 2_246_822_519);
  x = Math.imul(x ^ (x >>> 13), 3_266_489_917);
  return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32;
}

/** A word of three syllables that spell its rank. */
function word(rank: number): string {
  const syllable = (digit: number) => 'bdfgklmnprst'.charAt(digit % 12) + 'aeiou'.charAt(Math.floor(digit / 12) % 5);
  return `${syllable(rank % 60)}${syllable(Math.floor(rank / 60) % 60)}${syllable(Math.floor(rank / 3_600) % 60)}k`;
}

/** The n-th of many different short facts of one person: some change what another says, most are of something else. */
export function factOf(place: number): string {
  const of = (values: readonly string[], salt: number) =>
    values[Math.floor(chance(place, salt) * values.length)] as string;
  const some = (salt: number) => word(Math.floor(VOCABULARY ** chance(place, salt)));
  const amount = 100 + Math.floor(chance(place, 1) * 9_000);
  switch (Math.floor(chance(place, 2) * 6)) {
    case 0:
      return `My budget for the ${some(3)} ${some(4)} in the ${some(5)} is ${amount} euros a month`;
    case 1:
      return `My budget for the ${some(3)} ${some(4)} was raised to ${amount} euros a month by the ${some(5)}`;
    case 2:
      return place % 40 === 0
        ? `${of(names, 6)} has moved to ${of(cities, 7)} because of the ${some(3)}`
        : `${of(names, 6)} asked for the ${some(3)} in ${of(cities, 7)} because of the ${some(4)} ${some(5)}`;
    case 3:
      return `I bought a ${some(3)} ${some(4)} together with ${of(names, 6)} for the ${some(5)} in ${of(cities, 7)}`;
    case 4:
      return `The ${some(3)} of the ${some(4)} stands at the ${some(5)} where ${of(names, 6)} likes the ${some(8)}`;
    default:
      return `${of(names, 6)} prefers the ${some(3)} ${some(4)} to the ${some(5)} ${some(8)} near ${of(cities, 7)}`;
  }
}
