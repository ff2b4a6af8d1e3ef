import { failed } from '../ground/fault.ts'
import type { Credentials, Secret, SecurityOptions } from '../workflow/security/options.ts'
import { Misuse, pair } from './flags.ts'

/** Fields of credentials that are secrets; the others are said in a configuration. */
const FIELDS = [
  ...(['key', 'token', 'username', 'password', 'clientId', 'clientSecret', 'cert', 'passphrase', 'ca'] as const),
] satisfies readonly (keyof Credentials)[]
type Field = (typeof FIELDS)[number]

const FORM = 'Write --security-env shop.bearerAuth=SHOP_TOKEN, or shop.basicAuth:username=SHOP_USER.'

/**
 * Credentials by the variables of the environment that hold them: `source.scheme=VARIABLE` where the scheme takes one
 * secret, `source.scheme:field=VARIABLE` otherwise. Throws Misuse for what is neither, or twice the same.
 */
export function securityOf(written: readonly string[]): { security?: SecurityOptions } {
  // Without a prototype: a source may be called `__proto__`.
  const security: Record<string, Record<string, Secret | Credentials>> = Object.create(null)
  for (const text of written) {
    const [name, env] = pair('security-env', text)
    const [, source = '', scheme = '', field] = /^([^.]+)\.([^:]+)(?::(\w+))?$/.exec(name) ?? []
    const refuse = (found: string) => new Misuse(failed('read', '--security-env', `"${text}" ${found}`, FORM))
    if (source === '' || scheme === '' || env === '') throw refuse('names no source, scheme or variable')
    if (field !== undefined && !isField(field)) throw refuse(`names an unknown field (known: ${FIELDS.join(', ')})`)
    const before = security[source]?.[scheme] as object | undefined
    if (before !== undefined && (field === undefined || 'env' in before || field in before))
      throw refuse('says again what was said before')
    const credentials: Secret | Credentials =
      field === undefined ? { env } : ({ ...before, [field]: { env } } as Credentials)
    security[source] = { ...security[source], [scheme]: credentials }
  }
  return written.length === 0 ? {} : { security }
}

const isField = (text: string): text is Field => (FIELDS as readonly string[]).includes(text)
