import { writeJson } from '../../ground/json.ts'
import { isJsonType } from '../../ground/media-type.ts'
import type { BodyMedia } from './body-media.ts'
import { deepObject, type Encode, encodeReserved, encodeStrict, form } from './style.ts'

const delimiters = { form: ',', spaceDelimited: '%20', pipeDelimited: '%7C', tabDelimited: '%09' } as const

/**
 * Members of an object as `application/x-www-form-urlencoded`. Where the description says nothing, a list becomes a
 * pair for each item, and an object JSON; `style`, `explode` and `allowReserved` rule where they are given. Source:
 * OpenAPI 3.1.1, "Encoding the x-www-form-urlencoded Media Type".
 */
export function writeForm(members: Readonly<Record<string, unknown>>, media: BodyMedia): string {
  return Object.entries(members)
    .map(([name, value]) => writeMember(name, value, media))
    .filter(pair => pair !== '')
    .join('&')
}

function writeMember(name: string, value: unknown, media: BodyMedia): string {
  const { style, explode, allowReserved, contentType } = media.member(name)
  const encode: Encode = allowReserved ? encodeReserved : encodeStrict
  if (style === 'deepObject') return deepObject(name, value, encode)
  if (style !== undefined) return form(name, value, explode, encode, delimiters[style])
  const isJson = contentType?.split(',').some(isJsonType)
  if (isJson && value !== undefined) return pair(name, writeJson(value)!)
  if (Array.isArray(value)) return form(name, value, true, encodeStrict)
  return typeof value === 'object' && value !== null
    ? pair(name, writeJson(value)!)
    : form(name, value, true, encodeStrict)
}

const pair = (name: string, text: string) => `${encodeStrict(name)}=${encodeStrict(text)}`
