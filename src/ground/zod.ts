/**
 * The one door to zod: documents, results and messages of agents have shapes of their own. It is part of the built
 * package, as far as it is named here: `import * as z` from this file.
 */
export type { core, ZodRawShape, ZodType } from 'zod'
export {
  array,
  boolean,
  custom,
  discriminatedUnion,
  enum,
  int,
  iso,
  literal,
  looseObject,
  number,
  object,
  record,
  strictObject,
  string,
  toJSONSchema,
  union,
  unknown,
} from 'zod'
