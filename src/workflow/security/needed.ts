import type { OpenApiDescription, Operation } from '../../document/model.ts'
import { isRaw, member, object, text } from '../../document/raw.ts'
import { wordsOf } from '../../ground/words.ts'

/** Credentials of one scheme: where in the configuration which variable of the environment goes. */
export interface NeededCredentials {
  scheme: string
  /** Fields of the credentials; text where the scheme takes one secret. */
  fields: Readonly<Record<string, string>> | string
}

/**
 * The credentials that operations cannot be called without, each to come from the environment.
 *
 * @param met schemes that need none, as a login meets them.
 */
export function credentialsOf(
  operations: readonly Operation[],
  { securitySchemes }: OpenApiDescription,
  source: string,
  met: readonly string[] = [],
): NeededCredentials[] {
  const asked = new Set(
    operations.flatMap(({ security }) => {
      const isOptional = security.some(requirement => Object.keys(requirement).length === 0)
      return isOptional ? [] : Object.keys(security[0] ?? {})
    }),
  )
  const schemes = [...asked].filter(scheme => !met.includes(scheme))
  return schemes.map(scheme => ({ scheme, fields: fieldsOf(securitySchemes[scheme], source, scheme) }))
}

/** The variable of the environment for words: `PETS_MACHINE_CLIENT_ID`. */
export function variableOf(...words: readonly (string | undefined)[]): string {
  const spaced = words.map(word => word?.replace(/(?<=[a-z])[A-Z]/g, ' $&'))
  return wordsOf(spaced.filter(Boolean).join(' ')).replaceAll('-', '_').toUpperCase()
}

function fieldsOf(written: unknown, source: string, scheme: string): NeededCredentials['fields'] {
  const variable = (word?: string) => variableOf(source, scheme, word)
  const variables = (...names: string[]) => Object.fromEntries(names.map(name => [name, variable(name)]))
  const definition = isRaw(written) ? written : {}
  const type = text(definition, 'type')
  const http = text(definition, 'scheme')?.toLowerCase()
  if (type === 'basic' || (type === 'http' && (http === 'basic' || http === 'digest')))
    return variables('username', 'password')
  if (type === 'mutualTLS') return variables('key', 'cert')
  const flows = object(definition, 'flows') ?? {}
  if (type !== 'oauth2') return variable()
  const has = (flow: string, ofSwagger: string) =>
    member(flows, flow) !== undefined || text(definition, 'flow') === ofSwagger
  if (has('clientCredentials', 'application')) return variables('clientId', 'clientSecret')
  return has('password', 'password') ? variables('username', 'password') : variable()
}
