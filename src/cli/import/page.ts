import { decoded } from '../../ground/tried.ts'
import { cookiesSetBy, fieldsOf, type Recorded } from './har.ts'
import { isTokenName } from './values.ts'

/** A hidden field of a form or a `<meta>` of a page, and the pattern that takes its value out of the page. */
interface PageField {
  name: string
  value: string
  regex: string
}

/** The fields of a page whose values later requests may show again. */
export function fieldsOfPage(html: string): PageField[] {
  return [...html.matchAll(/<(input|meta)\s[^<>]*>/gi)].flatMap(([tag, kind]) => {
    const of = kind!.toLowerCase() === 'meta' ? 'content' : 'value'
    const name = attributeOf(tag, 'name')
    const value = attributeOf(tag, of)
    if (name === undefined || value === undefined || !/^[\w.:-]+$/.test(name.text) || value.text.length < 8) return []
    const named = `name=["']?${name.text.replaceAll('.', '\\.')}["'\\s]`
    const valued = `${of}=["']?([^"'\\s>]+)`
    const regex = name.at < value.at ? `${named}[^<>]*?${valued}` : `${valued}[^<>]*?${named}`
    return [{ name: name.text, value: value.text, regex }]
  })
}

function attributeOf(tag: string, name: string): { text: string; at: number } | undefined {
  const found = new RegExp(`\\s${name}=(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, 'i').exec(tag)
  return found === null ? undefined : { text: found[1] ?? found[2] ?? found[3]!, at: found.index }
}

/** Pages that give a token which a later request shows again: for each token the first response that has it. */
export function pagesWithTokens(all: readonly Recorded[]): ReadonlySet<Recorded> {
  const pages = new Set<Recorded>()
  const given = new Map<string, Recorded>()
  for (const one of all) {
    for (const token of tokensIn(one)) {
      const giver = given.get(token)
      if (giver !== undefined && giver.url.origin === one.url.origin) pages.add(giver)
    }
    const fields = fieldsOfPage(one.responseText ?? '').map(({ value }) => value)
    for (const value of [...cookiesSetBy(one).map(([, value]) => decoded(value)), ...fields])
      if (!given.has(value)) given.set(value, one)
  }
  return pages
}

function tokensIn({ headers, body }: Recorded): string[] {
  const isOfForm = /form/i.test(body?.type ?? '')
  const fields = fieldsOf(body).map(([name, value]) => [name, isOfForm ? decoded(value) : value] as const)
  return [...headers, ...fields].filter(([name]) => isTokenName(name)).map(([, value]) => value)
}
