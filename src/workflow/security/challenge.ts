/** What a server asks for. Names are in lower case. */
export interface Challenge {
  readonly scheme: string
  readonly fields: Readonly<Record<string, string>>
}

const TOKEN = /[^\s,="]+/y
const SPACE = /[\s,]*/y
const QUOTED = /"((?:[^"\\]|\\.)*)"/y

/** Reads `WWW-Authenticate` headers, each with one challenge or more. Source: RFC 9110, 11.6.1. */
export function parseChallenges(headers: readonly string[]): Challenge[] {
  const challenges: { scheme: string; fields: Record<string, string> }[] = []
  for (const header of headers) {
    const reader = new Reader(header)
    for (let word = reader.word(); word !== undefined; word = reader.word()) {
      if (!reader.takeEquals()) challenges.push({ scheme: word.toLowerCase(), fields: Object.create(null) })
      else if (challenges.length > 0) challenges.at(-1)!.fields[word.toLowerCase()] = reader.value()
    }
  }
  return challenges
}

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  word(): string | undefined {
    this.#take(SPACE)
    return this.#take(TOKEN)?.[0]
  }

  takeEquals(): boolean {
    return this.#take(/\s*=\s*/y) !== undefined
  }

  value(): string {
    const quoted = this.#take(QUOTED)
    return quoted ? quoted[1]!.replaceAll(/\\(.)/g, '$1') : (this.#take(TOKEN)?.[0] ?? '')
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (!found) return undefined
    this.#at += found[0].length
    return found
  }
}
