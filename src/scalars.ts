import { DateTimeResolver, JSONObjectResolver } from 'graphql-scalars';
import { builder } from './builder.ts';

builder.addScalarType('DateTime', DateTimeResolver, {
  description: 'A moment: RFC 3339 with a time zone, e.g. `2026-03-01T09:30:00.000Z`. Kept to the millisecond.',
});

builder.addScalarType('JSONObject', JSONObjectResolver, {
  description: 'A JSON object: at most 65,536 bytes, nested at most 64 deep, without the character U+0000.',
});
