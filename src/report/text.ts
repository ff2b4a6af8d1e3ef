import { stripVTControlCharacters } from 'node:util'

const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\p{Emoji_Presentation}]/u

const plain = /^[ -~]*$/

/** Columns that text takes in a terminal, colours not counted. */
export function widthOf(text: string): number {
  if (plain.test(text)) return text.length
  let width = 0
  for (const character of stripVTControlCharacters(text))
    if (!/[\p{Mn}\p{Me}\p{Cf}]/u.test(character)) width += wide.test(character) ? 2 : 1
  return width
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - widthOf(text))) + text
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)))
}

/** Uncoloured text, cut to a width with an ellipsis. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let kept = ''
  for (const character of text) {
    if (widthOf(kept + character) > width - 1) break
    kept += character
  }
  return width > 0 ? `${kept}…` : ''
}

/** Uncoloured text, cut to a width in its middle: names of one kind often differ in their ends. */
export function cutMiddle(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  const room = Math.max(0, width - 1)
  const end = Math.floor(room / 3)
  let kept = ''
  for (const character of [...text].reverse()) {
    if (widthOf(kept + character) > end) break
    kept = character + kept
  }
  return cut(text, width - widthOf(kept)) + kept
}

/** Uncoloured text in pieces of at most `width` columns, wherever they end. */
export function broken(text: string, width: number): string[] {
  const pieces = ['']
  for (const character of text) {
    const longer = pieces.at(-1) + character
    if (widthOf(longer) > width && pieces.at(-1) !== '') pieces.push(character)
    else pieces[pieces.length - 1] = longer
  }
  return pieces
}

// Not between a number and its unit: `80 ms`.
const breaks = / (?!(?:ms|s|min|h|%|[kMGT]?i?B)(?!\w))/

/**
 * Wraps a text into lines of at most `width` columns.
 *
 * @param long handling of a longer word: it stays whole, or is cut in its middle.
 */
export function wrap(text: string, width: number, long: 'whole' | 'cut' = 'whole'): string[] {
  const lines: string[] = []
  let line = ''
  for (const whole of text.split(breaks)) {
    const word = long === 'cut' ? cutMiddle(whole, width) : whole
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
