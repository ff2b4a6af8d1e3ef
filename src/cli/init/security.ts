import type { OpenApiDescription, Operation } from '../../document/model.ts'
import { isRaw, member, object, text } from '../../document/raw.ts'
import { wordsOf } from './chain.ts'

/** Credentials of one scheme: where in the configuration which variable of the environment goes. */
export interface NeededCredentials {
  scheme: string
  /** Fields of the credentials; text where the scheme takes one secret. */
  fields: Readonly<Record<string, string>> | string
}

/** The credentials that operations cannot be called without, each to come from the environment. */
export function credentialsOf(
  operations: readonly Operation[],
  { securitySchemes }: OpenApiDescription,
  source: string,
): NeededCredentials[] {
  const schemes = new Set(
    operations.flatMap(({ security }) => {
      const isOptional = security.some(requirement => Object.keys(requirement).length === 0)
      return isOptional ? [] : Object.keys(security[0] ?? {})
    }),
  )
  return [...schemes].map(scheme => ({ scheme, fields: fieldsOf(securitySchemes[scheme], source, scheme) }))
}

function fieldsOf(written: unknown, source: string, scheme: string): NeededCredentials['fields'] {
  const variable = (word?: string) =>
    wordsOf([source, scheme, word?.replace(/[A-Z]/g, ' $&')].filter(Boolean).join(' '))
      .replaceAll('-', '_')
      .toUpperCase()
  const variables = (...names: string[]) => Object.fromEntries(names.map(name => [name, variable(name)]))
  const definition = isRaw(written) ? written : {}
  const type = text(definition, 'type')
  const http = text(definition, 'scheme')?.toLowerCase()
  if (type === 'basic' || (type === 'http' && (http === 'basic' || http === 'digest')))
    return variables('username', 'password')
  if (type === 'mutualTLS') return variables('key', 'cert')
  const flows = object(definition, 'flows') ?? {}
  const isByClient = member(flows, 'clientCredentials') !== undefined || text(definition, 'flow') === 'application'
  return type === 'oauth2' && isByClient ? variables('clientId', 'clientSecret') : variable()
}
