import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

/** This checkout. */
export const root = fileURLToPath(new URL('../../', import.meta.url))

/** A block of code that names its file in the first line: `// server.js`, `# openapi.yaml`. */
const BLOCK = /^```\w+\n(?:\/\/|#) (\S+\.\w+)\n([\s\S]*?)^```$/gm

/**
 * The project that the README shows, as whoever follows it has it: its files to the letter, in a folder that goes with
 * this process.
 * @param edit what is changed of a file.
 * @param build the checkout whose package it has.
 */
export function readmeProject(edit: (name: string, text: string) => string, build: string = root): string {
  const folder = mkdtempSync(join(tmpdir(), 'vitest-arazzo-readme-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  for (const page of ['docs/guide/pets.md', 'README.md'])
    for (const [, name = '', text = ''] of readFileSync(join(root, page), 'utf8').matchAll(BLOCK))
      writeFileSync(join(folder, name), edit(name, text))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(join(build, 'node_modules/vitest'), join(folder, 'node_modules/vitest'))
  symlinkSync(build, join(folder, 'node_modules/vitest-arazzo'))
  return folder
}
