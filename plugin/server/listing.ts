import process from 'node:process'

/** Whether Vitest only lists tests, and never runs one. An editor that lists may run tests later. */
export function isListing(): boolean {
  return process.argv.slice(2).find(word => !word.startsWith('-')) === 'list'
}
