import { ExpressionError } from '../expression-error.ts'

const NAME = /@(?:root|path|parentProperty|parent|property)?|[A-Za-z_$][\w$]*/
const NUMBER = /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+/
const TEXT = /'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"/
const OPERATOR = /===|!==|==|!=|<=|>=|=~|&&|\|\||[<>+\-*%!()[\].,/]/
const TOKEN = new RegExp(`\\s*(?:${[NAME, NUMBER, TEXT, OPERATOR].map(({ source }) => `(${source})`).join('|')})`, 'y')
const REGEX = /\/(?:[^/\\[]|\\[\s\S]|\[(?:[^\]\\]|\\[\s\S])*\])+\/[gimsu]*/y

/** A filter's text, token by token. */
export class Reader {
  readonly code: string
  kind: 'name' | 'number' | 'string' | 'operator' | 'end' = 'end'
  token = ''
  start = 0
  depth = 0
  private at = 0

  constructor(code: string) {
    this.code = code
    this.next()
  }

  next(): void {
    TOKEN.lastIndex = this.at
    const found = TOKEN.exec(this.code)
    this.start = this.at
    if (found === null) {
      this.kind = 'end'
      this.token = this.code.slice(this.at).trim()
      if (this.token !== '') this.fail('an operator or a value')
      return
    }
    this.at += found[0].length
    this.token = found[1] ?? found[2] ?? found[3] ?? found[4]!
    this.kind = found[1] ? 'name' : found[2] ? 'number' : found[3] ? 'string' : 'operator'
    this.start = this.at - this.token.length
  }

  skip(operator: string): boolean {
    if (this.kind !== 'operator' || this.token !== operator) return false
    this.next()
    return true
  }

  /** The regular expression whose first slash is the token in hand. */
  regex(): string | undefined {
    REGEX.lastIndex = this.start
    const found = this.token === '/' ? REGEX.exec(this.code)?.[0] : undefined
    if (found === undefined) return undefined
    this.at = this.start + found.length
    this.next()
    return found
  }

  fail(expected: string): never {
    const found = this.token === '' ? 'the end' : JSON.stringify(this.token)
    throw new ExpressionError(`expected ${expected}, found ${found} in filter ${JSON.stringify(this.code)}`, this.start)
  }
}
