import type { Problem } from '../../src/ground/errors.ts'
import { documentError } from '../failure/positioned-error.ts'
import { quote } from './suite.ts'

/**
 * A document that may be read by what the plugin's configuration says, and that cannot be read: a test which fails by
 * it.
 *
 * @param runtime absolute path of the runtime module.
 */
export function unconfiguredModule(runtime: string): { code: string; map: null } {
  const code = [
    "import { test } from 'vitest'",
    `import { settings } from ${quote(runtime)}`,
    "test('configuration of vitest-arazzo', () => void settings())",
    '',
  ]
  return { code: code.join('\n'), map: null }
}

/** A document that cannot run, as a test file: it throws one error that leads to every problem in the document. */
export function brokenModule(file: string, problems: readonly Problem[]): { code: string; map: null } {
  const { name, message, stack } = documentError(file, problems)
  const code = [
    `const error = new Error(${quote(message)})`,
    `error.name = ${quote(name)}`,
    `error.stack = ${quote(stack ?? '')}`,
    'throw error',
    '',
  ]
  return { code: code.join('\n'), map: null }
}
