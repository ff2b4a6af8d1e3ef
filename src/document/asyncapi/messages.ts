import type { OpenApiReader } from '../openapi/reader.ts'
import { has, object, objects, type Raw } from '../raw.ts'

/** One message, or several of which one is sent. */
export function messagesOf(operation: Raw, reader: OpenApiReader): Raw[] {
  const message = object(operation, 'message')
  const read = message && has(message, '$ref') ? reader.lookAt(message) : message
  if (!read) return []
  return has(read, 'oneOf') ? [...objects(read, 'oneOf')] : [read]
}
