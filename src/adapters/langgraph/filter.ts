// Conditions on the members of a value, as LangGraph has them.

type Value = Record<string, unknown>;

const operators: Record<string, (member: unknown, wanted: unknown) => boolean> = {
  $eq: (member, wanted) => member === wanted,
  $ne: (member, wanted) => member !== wanted,
  $gt: (member, wanted) => Number(member) > Number(wanted),
  $gte: (member, wanted) => Number(member) >= Number(wanted),
  $lt: (member, wanted) => Number(member) < Number(wanted),
  $lte: (member, wanted) => Number(member) <= Number(wanted),
  $in: (member, wanted) => Array.isArray(wanted) && wanted.includes(member),
  $nin: (member, wanted) => !Array.isArray(wanted) || !wanted.includes(member),
};

/** The operators of a condition; undefined: it is a value that the member has to be. */
const operatorsOf = (condition: unknown): [string, unknown][] | undefined =>
  typeof condition === 'object' && condition !== null && Object.keys(condition).every((name) => name in operators)
    ? Object.entries(condition)
    : undefined;

/** Whether a value meets all conditions. */
export const meets = (value: Value, filter: Value | undefined): boolean =>
  Object.entries(filter ?? {}).every(([name, condition]) => {
    const given = operatorsOf(condition);
    if (!given) return value[name] === condition;
    return given.every(([operator, wanted]) => operators[operator]?.(value[name], wanted));
  });

/** Whether the service compares a value as JavaScript does: texts that are short, true, false, null and usual numbers. */
const isPlain = (value: unknown): boolean => {
  if (typeof value === 'string') return value.length <= 200 && !value.includes('\0') && value.isWellFormed();
  if (typeof value === 'number') return value === 0 || (Math.abs(value) >= 1e-6 && Math.abs(value) <= 1e15);
  return typeof value === 'boolean' || value === null;
};
const isPlainName = (name: string): boolean => isPlain(name) && name !== '__proto__';

/** The members of a value that the service can compare. */
export const plainMembers = (value: Value): Value =>
  Object.fromEntries(Object.entries(value).filter(([name, member]) => isPlainName(name) && isPlain(member)));

/** What of a filter the service can look for: members that have to be equal. The rest is looked at here. */
export function equalMembers(filter: Value | undefined): Value {
  const wanted = Object.entries(filter ?? {}).flatMap(([name, condition]) => {
    const given = operatorsOf(condition);
    const equal = given ? given.find(([operator]) => operator === '$eq') : (['$eq', condition] as const);
    return equal ? [[name, equal[1]] as const] : [];
  });
  return plainMembers(Object.fromEntries(wanted));
}

/** Whether the service can look for all of a filter. */
export const isWholly = (filter: Value | undefined): boolean =>
  Object.entries(filter ?? {}).every(([name, condition]) => {
    const given = operatorsOf(condition);
    return given ? given.every(([operator]) => operator === '$eq') : name in equalMembers({ [name]: condition });
  });
