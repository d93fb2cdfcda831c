/** The moment the benchmarks decay to. */
export const UNTIL = '2026-11-01T00:00:00Z';

export const pageBy = (companion: string, field: string) =>
  `{ memories(companion: {key: "${companion}"}, first: 20, orderBy: {field: ${field}}) { nodes { id content importance } } }`;

/** Importance by the formula, written by hand with the default policies. */
export const FORMULA = `case type
  when 'FACT' then importance * power(2, -date_part('epoch', '${UNTIL}' - importance_as_of) / 86400 / (180 * (1 + 0.5 * ln(1 + access_count::float8))))
  when 'EXPERIENCE' then importance * power(2, -date_part('epoch', '${UNTIL}' - importance_as_of) / 86400 / (30 * (1 + 0.5 * ln(1 + access_count::float8))))
  when 'PREFERENCE' then importance * power(2, -date_part('epoch', '${UNTIL}' - importance_as_of) / 86400 / (120 * (1 + 0.5 * ln(1 + access_count::float8))))
  when 'REFLECTION' then importance * power(2, -date_part('epoch', '${UNTIL}' - importance_as_of) / 86400 / (60 * (1 + 0.5 * ln(1 + access_count::float8))))
  else importance end`;
