/** Unit vectors one after the other, `dimension` numbers each; zeros where there is none. */
export interface Vectors {
  count: number;
  dimension: number;
  numbers: Float32Array;
}

/** The inner product of the vectors at two places; of unit vectors it is the cosine. */
export function product({ numbers, dimension }: Vectors, left: number, right: number): number {
  const a = left * dimension;
  const b = right * dimension;
  const even = dimension - (dimension % 4);
  let [first, second, third, fourth] = [0, 0, 0, 0];
  for (let at = 0; at < even; at += 4) {
    first += (numbers[a + at] as number) * (numbers[b + at] as number);
    second += (numbers[a + at + 1] as number) * (numbers[b + at + 1] as number);
    third += (numbers[a + at + 2] as number) * (numbers[b + at + 2] as number);
    fourth += (numbers[a + at + 3] as number) * (numbers[b + at + 3] as number);
  }
  for (let at = even; at < dimension; at++) first += (numbers[a + at] as number) * (numbers[b + at] as number);
  return first + second + third + fourth;
}

/** The places of the vectors that are not nothing but zeros: those have no direction, and are near to none. */
export const withDirection = ({ count, dimension, numbers }: Vectors): Int32Array =>
  Int32Array.from({ length: count }, (_, place) => place).filter((place) =>
    numbers.subarray(place * dimension, (place + 1) * dimension).some((number) => number !== 0),
  );
