import process from 'node:process'
import { tried } from '../../src/ground/tried.ts'

/** Takes the place of a word, to see what Vitest makes of it. */
const probe = 'a-filter'

/**
 * Whether Vitest only lists tests, and never runs one. An editor that lists may run tests later.
 *
 * @param words of the command line of Vitest.
 */
export async function isListing(words: readonly string[] = process.argv.slice(2)): Promise<boolean> {
  if (words[0] === 'list' || !words.includes('list')) return words[0] === 'list'
  // Vitest knows which words before it are values of options, and whether it is one itself, as in `-t list`.
  const { parseCLI } = await import('vitest/node')
  const isOperand = (index: number) => {
    const probed = ['vitest', ...words.toSpliced(index, 1, probe)]
    return tried(() => parseCLI(probed, { allowUnknownOptions: true }).filter.includes(probe)) ?? false
  }
  // The command is the first of them.
  return words.find((word, index) => !word.startsWith('-') && isOperand(index)) === 'list'
}
