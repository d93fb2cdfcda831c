/** A line of the log for people, made of the one in JSON: `12:03:44 warn  message  key=value …`. */
export function textLine(line: string): string {
  const { time, level, message, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const more = Object.entries(rest).map(([key, value]) => `${key}=${Array.isArray(value) ? value.join(',') : value}`);
  return [String(time).slice(11, 19), String(level).padEnd(5), message, ...more].join(' ').concat('\n');
}
