import type { ProblemCode } from '../ground/errors.ts'

/** What to do about a problem, where its finder has nothing more to the point: no message leaves its reader alone. */
export const HINTS: Readonly<Partial<Record<ProblemCode, string>>> = {
  'unreadable-file': 'Correct the path.',
  'invalid-yaml': 'Correct the YAML or JSON there.',
  'invalid-source': 'An Arazzo document begins with `arazzo: 1.1.0`.',
  'invalid-value': 'Correct it.',
  'invalid-expression':
    'An expression is `$inputs.<name>`, `$steps.<stepId>.outputs.<name>`, `$response.body#/<pointer>` or the like.',
  'invalid-openapi': 'Correct the description.',
  'unresolved-reference': 'Correct the reference, or add what it names.',
  'undefined-source': 'Add it to `sourceDescriptions`, or correct the name.',
  'undefined-workflow': 'Correct the name.',
  'undefined-step': 'Correct the name.',
  'undefined-component': 'Add it there, or correct the reference.',
  'undefined-input': 'Declare it in the `inputs` of that workflow, or leave it out.',
  'unknown-parameter': 'It is sent as written: declare it in the description, or remove it.',
  'unavailable-value': 'Use a value that is there by then.',
}
