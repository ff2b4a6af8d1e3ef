/* Text of strangers in Markdown, exactly as the package escapes it (src/report/markdown-parts.ts). */
import { stripVTControlCharacters } from 'node:util'

const APART = '\u200b'

/** The sign before an address of another machine. `http://localhost:80@evil.example` is one. */
const ELSEWHERE = /:\/\/(?!(?:127\.0\.0\.1|localhost|\\\[::1\\\])(?::\d+)?(?:\/|[.,:;)]*(?:\s|$)))/g
const CONTROLS = /[\0-\x08\v\f\r\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g
const COMMANDS = /(?<=^|\s)::(?=[a-z-]+(?: [^\n]*)?::)|##(?=\[)/gi

/** Text as one line that a log only shows. */
export function plain(text) {
  return stripVTControlCharacters(text.replaceAll('\r\n', '\n'))
    .replaceAll(CONTROLS, ' ')
    .replaceAll(COMMANDS, ([mark]) => `${mark} ${mark}`)
    .replaceAll(/[\n\t]+/g, ' ')
    .trim()
}

export function escaped(text) {
  const one = plain(text)
  const dollar = one.indexOf('$') < one.lastIndexOf('$') ? '<span>$</span>' : '$'
  return one
    .replace(/[\\`*_{}[\]<>|#~&]/g, '\\$&')
    .replace(/@/g, `@${APART}`)
    .replace(/\\#(?=\d)/g, `\\#${APART}`)
    .replace(/\bGH-(?=\d)/gi, `$&${APART}`)
    .replace(ELSEWHERE, `:${APART}//`)
    .replaceAll('$', () => dollar)
    .replace(/w(?=ww\.)/gi, `$&${APART}`)
    .replace(/^(?:[-+](?=\s|$)|[-=]+$|\d+(?=[.)](?:\s|$)))/, start => (/\d/.test(start) ? `${start}\\` : `\\${start}`))
}
