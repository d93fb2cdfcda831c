/** The moment the benchmarks decay to. */
export const UNTIL = '2026-11-01T00:00:00Z';

export const pageBy = (companion: string, field: string) =>
  `{ memories(companion: {key: "${companion}"}, first: 20, orderBy: {field: ${field}}) { nodes { id content importance } } }`;

/** Importance of a type by the whole formula, written by hand with the default policy: floor 0, accessStretch 0.5. */
const faded = (type: string, halfLife: number) => `when '${type}' then case when importance <= 0 then importance
  else 0 + (importance - 0) * power(2, -greatest(0, date_part('epoch', '${UNTIL}' - importance_as_of)) / 86400
    / (${halfLife} * (1 + 0.5 * ln(1 + access_count::float8)))) end`;

export const FORMULA = `case type ${faded('FACT', 180)} ${faded('EXPERIENCE', 30)} ${faded('PREFERENCE', 120)}
  ${faded('REFLECTION', 60)} else importance end`;
