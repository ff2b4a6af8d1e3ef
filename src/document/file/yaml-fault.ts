import type { ProblemCode } from '../../ground/errors.ts'

/** What is wrong with a text as YAML, by offset. */
export interface YamlFault {
  readonly code: ProblemCode
  readonly severity: 'error' | 'warning'
  readonly offset: number
  readonly found: string
  readonly hint?: string
}

/** An error or warning of the YAML parser. */
export interface YamlError {
  readonly code: string
  readonly message: string
  readonly pos: readonly [number, number]
}

/** One mistake often makes several errors on its line; the first says what it is. */
export function syntaxFaults(
  errors: readonly YamlError[],
  text: string,
  lineOf: (offset: number) => number,
): YamlFault[] {
  const seen = new Set<number>()
  const lines = text.split('\n')
  return errors.flatMap(error => {
    const line = lineOf(error.pos[0])
    if (seen.has(line)) return []
    seen.add(line)
    return [syntaxFault(error, lines[line - 1] ?? '')]
  })
}

function syntaxFault(error: YamlError, line: string): YamlFault {
  const found = FOUND[error.code] ?? wordsOf(error)
  // `{$inputs.id}/x`: YAML takes a value that begins with a brace for a mapping.
  const unquoted = /[:-]\s+\{\$/.test(line)
  const hint = unquoted ? 'Put a value that begins with {$ in quotes.' : HINTS[error.code]
  return { code: 'invalid-yaml', severity: 'error', offset: error.pos[0], found, hint }
}

/** The words of the package `yaml`, to go on behind a colon. */
const wordsOf = ({ message }: YamlError) => message[0]!.toLowerCase() + message.slice(1)

const FOUND: Readonly<Record<string, string | undefined>> = {
  RESOURCE_EXHAUSTION: 'it is nested too deeply',
  MULTIPLE_DOCS: 'it holds more than one document',
  NON_STRING_KEY: 'this key is not text',
  DUPLICATE_KEY: 'the mapping has this key already',
}

const HINTS: Readonly<Record<string, string | undefined>> = {
  BAD_SCALAR_START: 'Put the value in quotes.',
  BLOCK_AS_IMPLICIT_KEY: 'Put a value that contains ": " in quotes, or correct the indentation.',
  MULTILINE_IMPLICIT_KEY: 'Put the value in quotes, or correct the indentation.',
  DUPLICATE_KEY: 'Remove one of the two.',
  TAB_AS_INDENT: 'Indent with spaces.',
  MULTIPLE_DOCS: 'Keep one document a file.',
  BAD_INDENT: 'Correct the indentation.',
  UNEXPECTED_TOKEN: 'Put the value in quotes if this belongs to it.',
}

export function unresolvedTag(warning: YamlError): YamlFault {
  return {
    code: 'unresolved-tag',
    severity: 'warning',
    offset: warning.pos[0],
    found: wordsOf(warning),
    hint: 'Remove it: only the tags of JSON are known.',
  }
}
