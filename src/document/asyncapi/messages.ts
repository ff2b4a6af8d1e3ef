import type { OpenApiReader } from '../openapi/reader.ts'
import { has, member, objects, type Raw } from '../raw.ts'

/** One message, or several of which one is sent. */
export function messagesOf(operation: Raw, reader: OpenApiReader): Raw[] {
  const message = reader.lookAt(member(operation, 'message'))
  if (!message) return []
  return has(message, 'oneOf') ? [...objects(message, 'oneOf')] : [message]
}
