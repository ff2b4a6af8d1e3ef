import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readFlags } from '../../src/cli/flags.ts'
import { commandIn, commands } from '../../src/cli/main.ts'
import { docs, root } from './pages.ts'

/* Every command line that a page shows has flags that there are. */

const pages = ['README.md', ...docs]

/** `npx vitest-arazzo load a --rps 1` of a page, over as many lines as it takes, without what follows a `#`. */
function commandLines(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8').replaceAll('\\\n', ' ')
  return [...text.matchAll(/npx vitest-arazzo ([a-z].*?)(?=`| #|$)/gm)].map(([, line]) => line!)
}

const words = (line: string) => [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!)

const lines = pages.flatMap(page => commandLines(page).map(line => [page, line] as const))

test('there are some', () => expect(lines.length).toBeGreaterThan(10))

test.each(lines)('%s: vitest-arazzo %s', async (_, line) => {
  const [word, args] = commandIn(words(line))
  expect(Object.keys(commands)).toContain(word)
  const { flags } = await commands[word!]!()
  expect(() => readFlags(args, flags)).not.toThrow()
})
