/**
 * The one door to zod: documents and results have shapes of their own. It is part of the built package, as far as it is
 * named here: `import * as z` from this file.
 */
export type { core, ZodRawShape, ZodType } from 'zod'
export {
  array,
  boolean,
  enum,
  int,
  iso,
  literal,
  looseObject,
  number,
  record,
  strictObject,
  string,
  toJSONSchema,
  union,
  unknown,
} from 'zod'
