import { member, type Raw } from '../raw.ts'

export type SourceType = 'openapi' | 'arazzo' | 'asyncapi'

export const NAMES: Readonly<Record<SourceType, string>> = {
  openapi: 'an OpenAPI description',
  arazzo: 'an Arazzo document',
  asyncapi: 'an AsyncAPI description',
}

/** What kind of document a file holds, by the field that names the specification's version. */
export function typeOf(root: Raw): SourceType | undefined {
  if (member(root, 'arazzo') !== undefined) return 'arazzo'
  if (member(root, 'asyncapi') !== undefined) return 'asyncapi'
  return member(root, 'openapi') !== undefined || member(root, 'swagger') !== undefined ? 'openapi' : undefined
}
