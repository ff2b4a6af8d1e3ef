/** The type and subtype of a Content-Type, without its parameters: `application/json`. */
export function essenceOf(contentType: string): string {
  return contentType.split(';', 1)[0]!.trim().toLowerCase()
}

/** Whether a Content-Type names JSON. Source: WHATWG, MIME Sniffing, "JSON MIME type"; RFC 6839, section 3.1. */
export function isJsonType(contentType: string): boolean {
  return JSON_TYPE.test(essenceOf(contentType))
}

const JSON_TYPE = /^(?:application|text)\/json$|\+json$/
