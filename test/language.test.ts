import { expect, test } from 'vitest'
import { readSource, sources } from './builders/sources.ts'
import { docs } from './docs/pages.ts'
import { OPENERS, WORDS } from './language-words.ts'

/* Plain English in comments, texts and Markdown. A new place has to be written in other words (language-words.ts). */

/** Places that are left. A change that leaves fewer lowers the number. */
const MOST = 0

interface Sentence {
  line: number
  text: string
  /** A comment or a paragraph begins with it. */
  isStart: boolean
}

test('comments, texts and pages are in plain English', () => {
  const places = ['README.md', 'CHANGELOG.md', ...docs, ...sources].flatMap(file =>
    sentencesOf(file, readSource(file)).flatMap(sentence => {
      const found = faultOf(sentence)
      return found === undefined ? [] : [`${file}:${sentence.line}: ${found}: ${sentence.text.slice(0, 80)}`]
    }),
  )
  expect(places.length, places.join('\n')).toBeLessThanOrEqual(MOST)
})

test('a place is found in a comment, a text and a page, and code is left out', () => {
  const code = [
    '/** What is measured. */',
    'const told = 1 // nobody waits',
    "const text = 'a message that nobody reads'",
    '/**',
    ' * What follows.',
    ' * What ends a sentence.',
    ' */',
  ]
  const page = ['## Beside it', '', 'A page that nobody reads.', '', '```', 'nobody', '```', 'A `nobody` in code.']
  const linesOf = (file: string, lines: string[]) =>
    sentencesOf(file, lines.join('\n')).flatMap(one => (faultOf(one) === undefined ? [] : [one.line]))
  expect(linesOf('a.ts', code)).toEqual([1, 2, 3, 5])
  expect(linesOf('a.md', page)).toEqual([1, 3])
})

/** Word to replace in a sentence, with plain words. */
function faultOf({ text, isStart }: Sentence): string | undefined {
  const opener = isStart && !text.includes('?') ? OPENERS.exec(text)?.[0] : undefined
  if (opener !== undefined) return `"${opener}" -> begin with a noun or a verb`
  const lower = text.toLowerCase()
  const word = WORDS.find(([pattern]) => pattern.test(lower))
  return word && `"${word[0].exec(lower)![0]}" -> ${word[1]}`
}

const sentencesOf = (file: string, text: string) => (file.endsWith('.md') ? inMarkdown(text) : inCode(text))

const withoutCode = (text: string) => text.replaceAll(/`[^`]*`/g, 'x')

/** Lines of a page, without code. */
function inMarkdown(text: string): Sentence[] {
  let isCode = false
  let isOpen = false
  return text.split('\n').flatMap((line, index) => {
    const isFence = /^\s*(?:>\s*)?```/.test(line)
    if (isFence) isCode = !isCode
    if (isFence || isCode || line.trim() === '') {
      isOpen = false
      return []
    }
    const isItem = /^\s*(?:[-*>#|]|\d+\.)/.test(line)
    const isStart = (!isOpen || isItem) && !/^\s*[#|]/.test(line)
    isOpen = true
    return [{ line: index + 1, text: withoutCode(line).replace(/^\s*(?:(?:[-*>|#]|\d+\.)+\s*)+/, ''), isStart }]
  })
}

/** Lines of comments, and texts of three words and more. */
function inCode(text: string): Sentence[] {
  let isComment = false
  let isFirst = false
  return text.split('\n').flatMap((line, index) => {
    const starts = /^\s*\/\*/.test(line)
    const wasComment = isComment || starts
    const comment = wasComment ? line.replace(/^\s*(?:\/\*\*?|\*\/?)\s?/, '') : /(?:^|\s)\/\/\s?(.*)$/.exec(line)?.[1]
    isComment = wasComment && !line.includes('*/')
    if (wasComment || comment !== undefined) {
      const words = withoutCode(comment ?? '').replace(/\*\/\s*$/, '')
      const isStart = starts || isFirst
      isFirst = starts && words.trim() === ''
      return [{ line: index + 1, text: words.trim(), isStart }]
    }
    const texts = [...line.matchAll(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g)]
    return texts.flatMap(([, single, double, template]) => {
      const words = (single ?? double ?? template ?? '').trim()
      return /\w \w+ \w/.test(words) ? [{ line: index + 1, text: words, isStart: false }] : []
    })
  })
}
