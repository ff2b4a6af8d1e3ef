import { environment, unsetVariables } from '../../ground/environment.ts'
import { failure } from '../../ground/fault.ts'
import { type Fields, isText, keysOf } from '../../ground/fields.ts'
import { isObject } from '../../ground/object.ts'
import { readNamed, whyUnread } from '../../ground/reach.ts'

/** Text, a variable of the environment, or a file (relative to the working directory). */
export type Secret = string | { readonly env: string } | { readonly file: string }

/**
 * Credentials of one security scheme; which fields it takes depends on the scheme. A plain secret is the key of an
 * `apiKey`, or a token.
 */
export interface Credentials {
  /**
   * `apiKey`: the key. `mutualTLS`: the private key, PEM, not encrypted.
   * @default none
   * @example { env: 'SHOP_KEY' }
   */
  readonly key?: Secret
  /**
   * `http` bearer, `oauth2`, `openIdConnect`: a token that is there already.
   * @default none: one is fetched where the scheme says how
   * @example { env: 'SHOP_TOKEN' }
   */
  readonly token?: Secret
  /**
   * `http` basic and digest; `oauth2` with the password flow.
   * @default none
   * @example 'ann'
   */
  readonly username?: Secret
  /**
   * Password of the user.
   * @default none
   * @example { env: 'SHOP_PASSWORD' }
   */
  readonly password?: Secret
  /**
   * `oauth2`: the client that fetches tokens. The password flow can do without one.
   * @default none
   * @example 'shop-tests'
   */
  readonly clientId?: Secret
  /**
   * Its secret.
   * @default none
   * @example { env: 'SHOP_CLIENT_SECRET' }
   */
  readonly clientSecret?: Secret
  /**
   * URL for fetching tokens. Default: the URL of the scheme's flow.
   * @example 'http://127.0.0.1:3000/oauth/token'
   */
  readonly tokenUrl?: string
  /**
   * Further fields of the token request, such as `audience`. `scope` replaces the scopes that the operation requires.
   * @default none
   * @example { audience: 'shop' }
   */
  readonly parameters?: Readonly<Record<string, string>>
  /**
   * `mutualTLS`: the client's certificate, PEM.
   * @default none
   * @example { file: './client.pem' }
   */
  readonly cert?: Secret
  /**
   * Certificates to trust instead of the system's, PEM.
   * @default the system's
   * @example { file: './ca.pem' }
   */
  readonly ca?: Secret
}

/** Credentials by name of the source, then of the security scheme. */
export type SecurityOptions = Readonly<Record<string, Readonly<Record<string, Secret | Credentials>>>>

/** `{ env }` or `{ file }`, with nothing else in it. */
export function isSecretReference(value: unknown): value is Exclude<Secret, string> {
  return isObject(value) && Object.keys(value).length === 1 && isText(value.env ?? value.file)
}

/**
 * Throws an Error that names the scheme: a variable that is not set, or empty as CI makes one whose secret is missing,
 * would look like a server that refuses, or go out as no credentials at all.
 */
export function readSecret(secret: Secret, of: string, variables: NodeJS.ProcessEnv = environment()): string {
  if (typeof secret === 'string') return secret
  if ('env' in secret) {
    const why = whyUnread(secret.env)
    if (why) throw failure('read', of, why.found, why.advice)
    const value = variables[secret.env]
    if (value === '') throw failure('read', of, `${secret.env} is empty in the environment`, 'Set it before the run.')
    if (value !== undefined) return value
    throw failure('read', of, unsetVariables([secret.env]), 'Set it before the run.')
  }
  const text = textOf(secret.file, of)
  if (text === '')
    throw failure('read', of, `${secret.file} is empty`, 'Correct the path, or write the secret into it.')
  return text
}

function textOf(file: string, of: string): string {
  try {
    return readNamed(file)
      .toString()
      .replace(/\r?\n$/, '')
  } catch (error) {
    throw failure('read', of, (error as Error).message, 'Correct the path.', { cause: error })
  }
}

/** Fields of credentials that may be secrets. */
export const SECRET_FIELDS = keysOf<Omit<Credentials, 'tokenUrl' | 'parameters'>>({
  key: true,
  token: true,
  username: true,
  password: true,
  clientId: true,
  clientSecret: true,
  cert: true,
  ca: true,
})
const KEYS = [...SECRET_FIELDS, 'tokenUrl', 'parameters']
const EXAMPLE = "Write an object by source and scheme: { shop: { apiKey: { env: 'SHOP_KEY' } } }."
const SECRET = "Write text, { env: 'SHOP_KEY' } or { file: './key.txt' }."

/** Checks the shape of `security`: by source and scheme a secret, or fields of secrets. Values are in no message. */
export function checkSecurity(options: Fields): void {
  for (const [, schemes] of options.credentials('security', EXAMPLE)) {
    for (const name of schemes.keys) {
      const given = schemes.get(name)
      if (typeof given === 'string' || isSecretReference(given)) continue
      if (isObject(given)) checkCredentials(schemes.within(name, EXAMPLE)!)
      else schemes.fault(name, 'it is neither a secret nor an object of them', SECRET)
    }
  }
}

function checkCredentials(fields: Fields): void {
  fields.checkKeys(KEYS, [...KEYS, 'env', 'file'])
  for (const key of SECRET_FIELDS.filter(key => fields.has(key))) {
    const value = fields.get(key)
    if (typeof value !== 'string' && !isSecretReference(value)) fields.fault(key, 'it is not a secret', SECRET)
  }
  fields.expect('tokenUrl', isText, 'Write a URL.')
  if (!fields.has('parameters')) return
  const parameters = fields.within('parameters', "Write an object: { audience: 'https://api.example.com' }.")
  for (const name of parameters?.keys ?? []) parameters!.expect(name, value => typeof value === 'string', 'Write text.')
}
