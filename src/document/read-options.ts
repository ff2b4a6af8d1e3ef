import type { ProblemCode } from '../ground/errors.ts'
import { assertNoFaults, type Fields, fieldsOf, isText, keysOf } from '../ground/fields.ts'
import type { ReadOptions } from './model.ts'

const CODES = Object.keys({
  'unreadable-file': true,
  'invalid-yaml': true,
  'unresolved-tag': true,
  'imprecise-number': true,
  'unsupported-version': true,
  'missing-field': true,
  'unknown-field': true,
  'newer-field': true,
  'wrong-type': true,
  'invalid-value': true,
  'invalid-name': true,
  'exclusive-fields': true,
  'irrelevant-field': true,
  'missing-context': true,
  'missing-in': true,
  'duplicate-id': true,
  'duplicate-parameter': true,
  'duplicate-action': true,
  'unmapped-url': true,
  'invalid-source': true,
  'invalid-openapi': true,
  'unresolved-reference': true,
  'undefined-source': true,
  'undefined-workflow': true,
  'undefined-step': true,
  'undefined-output': true,
  'undefined-input': true,
  'undefined-component': true,
  'undefined-operation': true,
  'ambiguous-operation': true,
  'operation-form': true,
  'channels-not-connected': true,
  'unknown-parameter': true,
  'missing-parameter': true,
  'invalid-expression': true,
  'expression-form': true,
  'unavailable-value': true,
  'forward-reference': true,
  'unreachable-step': true,
  'cyclic-depends-on': true,
  'unmet-depends-on': true,
  'parallel-steps': true,
  'missing-input': true,
  'invalid-input': true,
  'no-server': true,
  'invalid-budget': true,
  'invalid-load-test': true,
  'unknown-extension': true,
  'invalid-suite': true,
} satisfies Record<ProblemCode, true>)

export const READ_KEYS = keysOf<ReadOptions>({ sources: true, severities: true })

/** Throws a TypeError with all that is wrong with the options of `readArazzo`. */
export function assertReadOptions(options: unknown): void {
  const fields = fieldsOf(options, "Write an object: { sources: { shop: './openapi.yaml' } }.")
  fields.checkKeys(READ_KEYS)
  checkReadOptions(fields)
  assertNoFaults(fields.faults)
}

/**
 * Checks the values of `sources` and `severities`, wherever they stand; a name that no source has is the document's to
 * know.
 */
export function checkReadOptions(fields: Fields): void {
  if (fields.has('sources')) {
    const sources = fields.within('sources', "Write an object: { shop: './openapi.yaml' }.")
    for (const name of sources?.keys ?? []) sources!.expect(name, isText, "Write the path of a file: './openapi.yaml'.")
  }
  if (!fields.has('severities')) return
  const severities = fields.within('severities', "Write an object: { 'newer-field': 'off' }.")
  severities?.checkKeys(CODES)
  for (const code of severities?.keys ?? []) severities!.word(code, ['error', 'warning', 'off'], 'error')
}
