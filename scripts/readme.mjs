import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Code blocks of a Markdown file that name their file in a comment on the first line, in order.
 * @param {string} path
 * @returns {{ file: string, text: string }[]}
 */
export function files(path) {
  return blocks(path).flatMap(text => {
    const file = /^(?:#|\/\/) (\S*\.[a-z]+)\n/.exec(text)?.[1]
    return file ? [{ file, text }] : []
  })
}

/** Pages that show the first project: its application, and what tests it. */
const PAGES = ['docs/guide/pets.md', 'README.md']

/**
 * Files of the first project, from a root that has its pages.
 * @param {string} root
 */
export const projectFiles = root => PAGES.flatMap(page => files(join(root, page)))

/**
 * All code blocks of the pages of the first project.
 * @param {string} root
 */
export const projectBlocks = root => PAGES.flatMap(page => blocks(join(root, page)))

/**
 * All code blocks of a Markdown file, in order, without their fences.
 * @param {string} path
 * @returns {string[]}
 */
export function blocks(path) {
  const text = readFileSync(path, 'utf8')
  return [...text.matchAll(/^```[^\n]*\n([\s\S]*?)^```$/gm)].map(match => match[1] ?? '')
}
