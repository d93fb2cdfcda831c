import { builder } from './builder.ts';
import { DateTime } from './date-time.ts';
import { JsonObject } from './json-object.ts';

builder.addScalarType('DateTime', DateTime, {
  description: 'A moment in time: RFC 3339 with a time zone, e.g. `2026-03-01T09:30:00.000Z`. Kept to the millisecond.',
});

builder.addScalarType('JSONObject', JsonObject, {
  description: 'A JSON object: at most 65,536 bytes, nested at most 64 deep, without the character U+0000.',
});
