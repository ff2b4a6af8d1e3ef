import type { MediaType, OpenApiDescription, SchemaPlace } from '../../document/model.ts'
import { isRaw, type Raw } from '../../document/raw.ts'
import { type SchemaNode, SchemaPlaces } from '../../document/schema-places.ts'
import { tried } from '../../ground/tried.ts'
import { contentTypeOf } from '../../http/content-type.ts'
import { type FormStyle, isFormStyle } from './style.ts'

/** How a member of a form or multipart body is to be written. Source: OpenAPI 3.1.1, "Encoding Object". */
export interface Member {
  /** It, or each of its items, is bytes: a file. */
  readonly isBinary: boolean
  /** `contentMediaType` of its schema. */
  readonly mediaType?: string
  /** `contentType` of its encoding: a list, perhaps of ranges. */
  readonly contentType?: string
  /** Set when style, explode or allowReserved are: then they rule, and the content type does not. */
  readonly style?: FormStyle
  readonly explode: boolean
  readonly allowReserved: boolean
  /** Headers of the part that can have but one value. */
  readonly headers: readonly (readonly [name: string, value: string])[]
}

/** Description of a request body and its members. Each member is looked up once. */
export class BodyMedia {
  readonly #media: MediaType | undefined
  readonly #description: OpenApiDescription | undefined
  readonly #members = new Map<string, Member>()

  constructor(media: MediaType | undefined, description: OpenApiDescription | undefined) {
    this.#media = media
    this.#description = description
  }

  member(name: string): Member {
    const known = this.#members.get(name)
    if (known) return known
    const encoding = this.#encodingOf(name)
    const schema = this.#schemaOf(name)
    const member: Member = {
      isBinary: isBinarySchema(schema) || areBinaryTypes(encoding.contentType),
      ...(typeof schema.contentMediaType === 'string' && { mediaType: schema.contentMediaType }),
      ...readEncoding(encoding),
    }
    this.#members.set(name, member)
    return member
  }

  /** Whether the body as a whole is bytes. */
  isBinary(contentType: string): boolean {
    const place = this.#media?.schema
    return isBinaryType(contentType) || (isRaw(place?.schema) && isBinarySchema(place.schema))
  }

  #encodingOf(name: string): Raw {
    const encodings = this.#media?.encoding
    const encoding = encodings && Object.hasOwn(encodings, name) ? encodings[name] : undefined
    return isRaw(encoding) ? encoding : {}
  }

  /** Schema of a member, or of its items. A broken reference was reported when the file was read. */
  #schemaOf(name: string): Raw {
    const place = this.#media?.schema
    const description = this.#description
    if (!place || !description) return {}
    return tried(() => propertyAt(place, name, SchemaPlaces.of(description))) ?? {}
  }
}

/** A property, also of the parts of an `allOf` and its like; of a list, what its items are. */
function propertyAt(place: SchemaPlace, name: string, places: SchemaPlaces): Raw {
  const follow = (start: SchemaNode): SchemaNode => {
    let node = start
    for (let depth = 0; isRaw(node.value) && typeof node.value.$ref === 'string' && depth < 100; depth++)
      node = places.resolve(node.value.$ref, node)
    return node
  }
  for (const node of places.alike(places.at(place))) {
    const { properties } = node.value
    if (!isRaw(properties) || !Object.hasOwn(properties, name)) continue
    const found = follow(places.child(node, properties[name]))
    const items = isRaw(found.value) ? found.value.items : undefined
    const { value } = items === undefined ? found : follow(places.child(found, items))
    return isRaw(value) ? value : {}
  }
  return {}
}

function readEncoding({ contentType, style, explode, allowReserved, headers }: Raw): Omit<Member, 'isBinary'> {
  const isRuled = style !== undefined || explode !== undefined || allowReserved !== undefined
  const used = isFormStyle(style) ? style : 'form'
  return {
    ...(typeof contentType === 'string' && { contentType }),
    ...(isRuled && { style: used }),
    explode: typeof explode === 'boolean' ? explode : used === 'form',
    allowReserved: allowReserved === true,
    headers: isRaw(headers) ? Object.entries(headers).flatMap(([name, header]) => fixedHeader(name, header)) : [],
  }
}

const areBinaryTypes = (types: unknown) =>
  typeof types === 'string' && types.split(',').every(type => isBinaryType(type))

/** OpenAPI 2.0: `file`; 3.0: `format: binary`; 3.1: raw bytes have a media type, and no encoding as text. */
function isBinarySchema({ type, format, contentMediaType, contentEncoding }: Raw): boolean {
  if (type === 'file' || (type === 'string' && format === 'binary')) return true
  return typeof contentMediaType === 'string' && contentEncoding === undefined
}

export const isBinaryType = (type: string): boolean =>
  contentTypeOf(type.trim()).kind === 'binary' || /^\s*(image|audio|video|font)\/\*/.test(type)

/** A workflow gives no values for the headers of a part, so only those are sent that can have but one. */
function fixedHeader(name: string, header: unknown): [string, string][] {
  const schema = isRaw(header) && isRaw(header.schema) ? header.schema : {}
  const values = Array.isArray(schema.enum) && schema.enum.length === 1 ? schema.enum : []
  const value = schema.const ?? schema.default ?? values[0]
  const isContentType = name.toLowerCase() === 'content-type'
  return value === undefined || isContentType ? [] : [[name, String(value)]]
}
