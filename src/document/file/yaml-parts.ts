/** A part of a large text: members of one block mapping, in whole lines. */
export interface Part {
  readonly from: number
  readonly to: number
  /** Parts of the mapping that its one key, which is all of this part, has as its value. */
  readonly within?: readonly Part[]
}

/** Length of parts, in characters, where their members are not longer. */
export const USUAL = 10_000
/** A text of fewer parts is read as a whole. */
const FEW = 50

/** Where a document ends or the next one begins; or a byte order mark, which is one only where a text begins. */
const MARKER = /^(?:---|\.\.\.|%|\ufeff)/m

/**
 * The parts of a large YAML text, to be read one after another. Only indentation is looked at, so that a part may turn
 * out to be none: a text that is sound as a whole is sound in parts or has parts that are not, and never means another
 * thing. Undefined for a text that is small, is of several documents, or begins as no block mapping does.
 */
export function partsOf(text: string, usual: number): readonly Part[] | undefined {
  if (text.length < FEW * usual) return undefined
  const from = /^(?:[ \t]*(?:#.*)?\r?\n)*---[ \t]*\r?\n/.exec(text)?.[0].length ?? 0
  if (MARKER.test(text.slice(from))) return undefined
  const parts = split(text, from, text.length, 0, usual)
  return parts.length > 1 || parts[0]?.within ? parts : undefined
}

/** A line whose value, if it has one, is on the lines below. */
const HEAD = /^ *(?:[\w/][^\s"'#:]*|"[^"\\\n]*"|'[^'\n]*'):[ \t]*\r?\n/

/** @param least indentation that the members of the mapping have. */
function split(text: string, from: number, to: number, least: number, usual: number): Part[] {
  const indent = indentOf(text, from, to)
  if (indent === undefined || indent < least) return [{ from, to }]
  const begins = memberLines(text, from, to, indent)
  const parts: Part[] = []
  let start = from
  for (const [index, begin] of begins.entries()) {
    const end = begins[index + 1] ?? to
    if (end - begin > usual) {
      if (begin > start) parts.push({ from: start, to: begin })
      parts.push(large(text, begin, end, indent, usual))
      start = end
    } else if (end - start > usual) {
      parts.push({ from: start, to: end })
      start = end
    }
  }
  if (start < to) parts.push({ from: start, to })
  return parts
}

/** A member that is larger than a part is meant to be: by the parts of its value, where that is a block mapping. */
function large(text: string, from: number, to: number, indent: number, usual: number): Part {
  const head = HEAD.exec(text.slice(from, from + 1_000))?.[0]
  if (head === undefined) return { from, to }
  const within = split(text, from + head.length, to, indent + 1, usual)
  return within.length > 1 || within[0]?.within ? { from, to: from + head.length, within } : { from, to }
}

/** The indentation of the first line that holds anything, where that may be a member's. */
function indentOf(text: string, from: number, to: number): number | undefined {
  for (let at = from; at < to; at = lineAfter(text, at, to)) {
    const [, blanks = '', first = ''] = /^( *)(\S?)/.exec(text.slice(at, at + 1_000)) ?? []
    if (first !== '' && first !== '#') return /[\w/"']/.test(first) ? blanks.length : undefined
  }
  return undefined
}

/** Where the lines begin that have just this indentation, and may begin a member. */
function memberLines(text: string, from: number, to: number, indent: number): number[] {
  const found: number[] = []
  const blanks = ' '.repeat(indent)
  for (let at = from; at < to; at = lineAfter(text, at, to))
    if (text.startsWith(blanks, at) && /[\w/"']/.test(text[at + indent] ?? '')) found.push(at)
  return found
}

function lineAfter(text: string, at: number, to: number): number {
  const end = text.indexOf('\n', at)
  return end < 0 || end >= to ? to : end + 1
}
