import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageFolder } from '../../ground/version.ts'

/** Pages of the package that show the first project: its application, and what tests it. */
const PAGES = ['docs/guide/pets.md', 'README.md'] as const

/** Files of the README's project, by their names: code blocks that name their file in a comment on the first line. */
export function exampleTexts(): Record<string, string> {
  const texts = PAGES.map(page => readFileSync(join(packageFolder(), page), 'utf8'))
  const blocks = texts.flatMap(text => [...text.matchAll(/^```\w+\n((?:#|\/\/) (\S+\.[a-z]+)\n[\s\S]*?)^```$/gm)])
  return Object.fromEntries(blocks.map(([, text, file]) => [file!, text!]))
}
