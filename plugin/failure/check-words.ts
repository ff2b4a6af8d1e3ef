import { shownAsJson, shownShort } from '../../src/ground/show.ts'
import type { Check } from '../../src/workflow/outcome.ts'

/**
 * A check that was not met, in one line: what was expected and what was received. `expected 200, received 503`,
 * `$response.body#/total > 5: received 3`.
 */
export function checkWords(check: Check): string {
  const { kind, condition, error } = check
  if (kind === 'openapi') return `${denied(condition)}${reasonOf(check)}`
  if (error !== undefined) return `${condition} could not be evaluated: ${error}`
  return isOfStatusAlone(check)
    ? comparedWords(check)!
    : `${condition}${prefixed(comparedWords(check) ?? receivedWords(check))}`
}

/** `OpenAPI: status is documented` as what it is when it is not met. */
const denied = (demand: string) =>
  demand
    .replace(' matches ', ' does not match ')
    .replace(/ is documented$/, ' is not documented')
    .replace(/ is there$/, ' is missing')

const prefixed = (words: string | undefined) => (words === undefined ? ' is not met' : `: ${words}`)

function reasonOf({ actual, expected, error, mismatches = [] }: Check): string {
  if (mismatches.length > 1) return `: ${mismatches.length} mismatches`
  if (mismatches.length === 1) return `: ${mismatchWords(mismatches[0]!)}`
  const [wanted, received] = [Object.values(expected ?? {}), Object.values(actual ?? {})]
  if (wanted.length === 1 && received.length === 1)
    return `: expected ${wanted[0]}, received ${shownShort(received[0])}`
  return error === undefined || error === 'the header is missing' ? '' : `: ${error}`
}

/** `#/items/0/price must be number, found "12"`. */
export const mismatchWords = ({ pointer, message }: { pointer: string; message: string }) =>
  pointer === '' ? message : `#${pointer} ${message}`

/** Whether a condition asks for nothing but a status: it says no more than the value that it asks for. */
const isOfStatusAlone = ({ condition, expected, actual }: Check) =>
  expected?.$statusCode !== undefined &&
  Object.keys(actual ?? {}).length === 1 &&
  /^\s*\$statusCode\s*==\s*\d{3}\s*$/.test(condition)

/** Both values, where one comparison is at fault and the condition alone does not say them. */
function comparedWords(check: Check): string | undefined {
  const { actual = {}, expected = {} } = check
  const [name, ...others] = Object.keys(expected)
  if (name === undefined || others.length > 0 || !(name in actual)) return undefined
  const received = `received ${shownShort(actual[name])}`
  if (isOfStatusAlone(check)) return `expected ${shownExpected(expected[name])}, ${received}`
  return Object.keys(actual).length === 1
    ? received
    : `expected ${shownExpected(expected[name])}, ${received} for ${name}`
}

function receivedWords({ actual = {} }: Check): string | undefined {
  const values = Object.entries(actual)
  if (values.length === 0) return undefined
  if (values.length === 1) return `received ${shownShort(values[0]![1])}`
  return `received ${values.map(([text, value]) => `${shownShort(value)} for ${text}`).join(' and ')}`
}

/** Texts that stand for several values, or none (`> 5`, `200 or 201`, `not 3`), are as they are. */
function shownExpected(value: unknown): string {
  if (typeof value === 'string' && /^(?:[<>]=?|not|a (?:match|node|result)) | or /.test(value)) return value
  return shownAsJson(value)
}
