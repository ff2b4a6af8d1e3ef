import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { cases } from '../../builders/thorough.ts'
import { readTree, type Started } from './run-suite.ts'

/** Threads begin sooner than processes, in which document-setup.test.ts and a run of restarts.test.ts watch. */
export const FAST = cases(['--pool=threads'], [])

/**
 * Waits for a run after `from` whose tree has all of these, and gives its number: a watcher may report one edit as two,
 * or still report that the files were made.
 */
export async function runWith(started: Started, from: number, ...parts: string[]): Promise<number> {
  const { run } = await runLike(started, from, tree => parts.every(part => tree.includes(part)), parts.join(' and '))
  return run
}

/** Waits for a run after `from` whose tree is as asked for. */
export async function runLike(
  { treeFile, output }: Pick<Started, 'treeFile' | 'output'>,
  from: number,
  isWanted: (tree: string) => boolean,
  what: string,
): Promise<{ run: number; tree: string }> {
  let last: ReturnType<typeof readTree>
  for (let waited = 0; waited < 60_000; waited += 50) {
    last = readTree(treeFile)
    if (last && last.run > from && isWanted(last.tree)) return last
    await sleep(50)
  }
  throw new Error(`no run had ${what}; the last:\n${last?.tree}\n${output()}`)
}

export function edit(file: string, from: string, to: string): void {
  const text = readFileSync(file, 'utf8')
  expect(text).toContain(from)
  writeFileSync(file, text.replaceAll(from, to))
}
