import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './pages.ts'

test('each undocumented internal names its version, a file that uses it, and a test that exists', () => {
  const page = readFileSync(join(root, 'docs/reference/internals.md'), 'utf8').replaceAll(/\n +/g, ' ')
  const entries = page.match(/^- \*\*.*$/gm)!
  expect(entries.length).toBeGreaterThan(10)
  for (const entry of entries) {
    const [, path, title] = /Test: `([^`]+)`, "([^"]+)"\.$/.exec(entry)!
    expect(readFileSync(join(root, path!), 'utf8'), entry).toContain(`'${title}`)
    for (const [, file] of entry.matchAll(/`((?:src|plugin)\/[^`]+)`/g))
      expect(existsSync(join(root, file!)), file).toBe(true)
  }
  for (const section of page.match(/^## .*/gm)!) expect(section).toMatch(/\d|Query engines/)
})
