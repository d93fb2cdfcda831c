import { minuteText } from '../core/moments.ts';

/** A moment with its time and time zone. `value`: as GraphQL has it. */
export const Moment = ({ value }: { value: string }) => <time dateTime={value}>{minuteText(value)}</time>;
