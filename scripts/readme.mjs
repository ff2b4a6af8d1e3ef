import { readFileSync } from 'node:fs'

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

/**
 * All code blocks of a Markdown file, in order, without their fences.
 * @param {string} path
 * @returns {string[]}
 */
export function blocks(path) {
  const text = readFileSync(path, 'utf8')
  return [...text.matchAll(/^```[^\n]*\n([\s\S]*?)^```$/gm)].map(match => match[1] ?? '')
}
