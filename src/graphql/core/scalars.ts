import { builder } from './builder.ts';
import { DateTime } from './date-time.ts';
import { Json, JsonObject } from './json-object.ts';

builder.addScalarType('DateTime', DateTime, {
  description: 'A moment in time: RFC 3339 with a time zone, e.g. `2026-03-01T09:30:00.000Z`. Kept to the millisecond.',
});

builder.addScalarType('JSONObject', JsonObject, {
  description: 'A JSON object: at most 65,536 bytes, nested at most 64 deep, without the character U+0000.',
});

builder.addScalarType('JSON', Json, {
  description:
    'Any JSON value. Numbers are doubles (IEEE 754): a whole number beyond 2^53 is taken, and comes back as the nearest ' +
    'double. U+0000 is allowed in texts.',
});
