import { stripVTControlCharacters } from 'node:util'

/**
 * Controls of C0 and C1, line separators, and marks that change the direction of the following text. Line breaks and
 * tabs are not among them.
 */
const CONTROLS = /[\0-\x08\v\f\r\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

const CONTROL_RUNS = new RegExp(`${CONTROLS.source}+`, 'g')

/** Commands of GitHub's runner: `::stop-commands::` at the beginning of a line, `##[group]` anywhere in it. */
const COMMANDS = /(?<=^|\s)::(?=[a-z-]+(?: [^\n]*)?::)|##(?=\[)/gi

const withoutCommands = (text: string): string => text.replaceAll(COMMANDS, ([mark]) => `${mark} ${mark}`)

/**
 * Text of a document or a response as one line that a terminal and a CI log only show: without escape sequences,
 * controls and line breaks, and with nothing that a log would take for a command.
 */
export function plain(text: string): string {
  return plainLines(text)
    .replaceAll(/[\n\t]+/g, ' ')
    .trim()
}

/** Plain text that keeps its line breaks, tabs and blanks. */
export function plainLines(text: string): string {
  return withoutCommands(stripVTControlCharacters(text.replaceAll('\r\n', '\n')).replaceAll(CONTROL_RUNS, ' '))
}

/** Plain text of as many characters as before, so that a column is where it was. */
export function plainColumns(text: string): string {
  return text.replaceAll(CONTROLS, '\ufffd').replaceAll(COMMANDS, ([mark]) => `${mark}\ufffd`)
}

/** A copy of a value in which every text is plain, names of members included. */
export function plainAll(value: unknown): unknown {
  if (typeof value === 'string') return plainLines(value)
  if (Array.isArray(value)) return value.map(plainAll)
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [plainLines(key), plainAll(item)]))
}

/**
 * JSON for a terminal and a log: controls that JSON leaves as they are (C1, DEL, line separators) are escaped, and so
 * are commands.
 */
export function plainJson(value: unknown): string {
  // The marks of commands are only within texts, where any character may be escaped.
  return JSON.stringify(value, null, 2).replaceAll(
    /[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]|#(?=#\[)/g,
    unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
