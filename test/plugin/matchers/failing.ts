import { stripVTControlCharacters } from 'node:util'
import '../../../plugin/matchers/index.ts'

/** The message of the assertion that fails in `assert`, without colours; throws when none does. */
export function failing(assert: () => void): string {
  try {
    assert()
  } catch (error) {
    return stripVTControlCharacters((error as Error).message)
  }
  throw new Error('Expected the assertion to fail, and it passed.')
}
