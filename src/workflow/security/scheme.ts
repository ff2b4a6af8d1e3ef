import { isRaw } from '../../document/raw.ts'
import { given } from '../../ground/given.ts'
import type { TlsCredentials } from '../../http/transport.ts'
import type { DigestCredentials } from './digest.ts'
import { type Credentials, isSecret, readSecret, type Secret } from './options.ts'
import type { Grant } from './token-source.ts'

/** What one security scheme, with its credentials, adds to a request. */
export type Credential =
  | { readonly kind: 'header' | 'query' | 'cookie'; readonly name: string; readonly value: string }
  | { readonly kind: 'digest'; readonly digest: DigestCredentials }
  | { readonly kind: 'token'; readonly grant: Grant }
  | { readonly kind: 'tls'; readonly tls: TlsCredentials }

export interface Configured {
  readonly credential: Credential
  readonly secrets: readonly string[]
}

type Raw = Readonly<Record<string, unknown>>
type Field = Exclude<keyof Credentials, 'clientAuthentication' | 'scopes' | 'tokenUrl' | 'parameters'>

/** Where a relative URL of the description leads, and what it is called in messages. */
export interface SchemeContext {
  readonly of: string
  readonly scopes: readonly string[]
  /** Makes a token URL absolute. */
  readonly locate: (tokenUrl: string) => string
}

/**
 * Brings a security scheme and its credentials together. Text says why they do not go together.
 * Sources: OpenAPI 3.1.1 and 2.0, "Security Scheme Object"; RFC 7617; RFC 6750.
 */
export function configure(scheme: Raw, given: Secret | Credentials, around: SchemeContext): Configured | string {
  const fields: Credentials = isSecret(given) ? { key: given, token: given } : given
  const reader = new FieldReader(fields, around)
  const result = credentialOf(scheme, reader)
  return typeof result === 'string' ? result : { credential: result, secrets: reader.secrets }
}

function credentialOf(scheme: Raw, reader: FieldReader) {
  switch (scheme.type) {
    case 'apiKey':
      return apiKey(scheme, reader)
    case 'basic':
      return basic(reader)
    case 'http':
      return http(scheme, reader)
    case 'oauth2':
    case 'openIdConnect':
      return bearer('Bearer', scheme, reader)
    case 'mutualTLS':
      return mutualTls(reader)
    default:
      return `there is no type ${JSON.stringify(scheme.type)}`
  }
}

function apiKey({ in: place, name }: Raw, reader: FieldReader): Credential | string {
  const value = reader.read('key')
  if (value === undefined) return 'an apiKey takes a value, or { key }'
  if (place !== 'header' && place !== 'query' && place !== 'cookie')
    return `its key has no place: in is ${JSON.stringify(place)}`
  return { kind: place, name: String(name), value }
}

function http({ scheme, ...rest }: Raw, reader: FieldReader) {
  const name = String(scheme)
  if (/^basic$/i.test(name)) return basic(reader)
  if (/^bearer$/i.test(name)) return bearer('Bearer', rest, reader)
  if (!/^digest$/i.test(name)) return bearer(name, rest, reader)
  const [username, password] = [reader.read('username', false), reader.read('password')]
  if (username === undefined || password === undefined) return 'HTTP digest takes { username, password }'
  return { kind: 'digest', digest: { username, password } } satisfies Credential
}

function basic(reader: FieldReader): Credential | string {
  const [username, password] = [reader.read('username', false), reader.read('password')]
  if (username === undefined || password === undefined) return 'HTTP basic takes { username, password }'
  const value = Buffer.from(`${username}:${password}`).toString('base64')
  reader.secrets.push(value)
  return authorization(`Basic ${value}`)
}

/** A token that is there, or who fetches one: a client, or a user, with a client or without. */
function bearer(name: string, scheme: Raw, reader: FieldReader): Credential | string {
  const { fields, around } = reader
  const token = reader.read('token')
  if (token !== undefined) return authorization(`${name} ${token}`)
  const isPassword = fields.username !== undefined
  if (fields.clientId === undefined && !isPassword)
    return 'it takes a token, or { clientId, clientSecret } or { username, password } to fetch one'
  if (isPassword && fields.password === undefined) return 'it has a username and no password'
  if (fields.clientId === undefined && fields.clientSecret !== undefined) return 'it has a clientSecret and no clientId'
  const tokenUrl = fields.tokenUrl ?? tokenUrlOf(scheme, isPassword)
  if (tokenUrl === undefined) {
    const flow = isPassword ? 'password' : 'clientCredentials'
    return `it has no ${flow} flow with a tokenUrl. Add tokenUrl to its credentials`
  }
  return { kind: 'token', grant: grantOf(reader, around.locate(tokenUrl)) }
}

const authorization = (value: string): Credential => ({ kind: 'header', name: 'authorization', value })

function tokenUrlOf({ flows, flow, tokenUrl }: Raw, isPassword: boolean): string | undefined {
  if (typeof tokenUrl === 'string' && flow === (isPassword ? 'password' : 'application')) return tokenUrl
  const found = isRaw(flows) ? flows[isPassword ? 'password' : 'clientCredentials'] : undefined
  return isRaw(found) && typeof found.tokenUrl === 'string' ? found.tokenUrl : undefined
}

function grantOf(reader: FieldReader, tokenUrl: string): Grant {
  const { fields, around } = reader
  const clientId = reader.read('clientId', false)
  const clientSecret = reader.read('clientSecret')
  const [username, password] = [reader.read('username', false), reader.read('password')]
  const scope = (fields.scopes ?? around.scopes).join(' ')
  // Without a secret there is nothing to authenticate with: the client only says who it is.
  const isInBody = fields.clientAuthentication === 'body' || clientSecret === undefined
  const basicValue = Buffer.from(`${formEncoded(clientId ?? '')}:${formEncoded(clientSecret ?? '')}`).toString('base64')
  if (!isInBody) reader.secrets.push(basicValue)
  return {
    tokenUrl,
    of: around.of,
    ...(!isInBody && { authorization: `Basic ${basicValue}` }),
    fields: {
      grant_type: username === undefined ? 'client_credentials' : 'password',
      ...(username !== undefined && { username, password: password ?? '' }),
      ...(scope !== '' && { scope }),
      ...(isInBody && clientId !== undefined && { client_id: clientId }),
      ...(isInBody && clientSecret !== undefined && { client_secret: clientSecret }),
      ...fields.parameters,
    },
  }
}

/** Source: RFC 6749, 2.3.1. */
const formEncoded = (text: string) => new URLSearchParams({ '': text }).toString().slice(1)

function mutualTls(reader: FieldReader): Credential | string {
  const [cert, key] = [reader.read('cert', false), reader.read('key')]
  if (cert === undefined || key === undefined) return 'mutualTLS takes { cert, key }'
  const [ca, passphrase] = [reader.read('ca', false), reader.read('passphrase')]
  return { kind: 'tls', tls: given({ cert, key, ca, passphrase }) }
}

/** Reads fields, and remembers which of them must not be shown. */
class FieldReader {
  readonly secrets: string[] = []
  readonly fields: Credentials
  readonly around: SchemeContext

  constructor(fields: Credentials, around: SchemeContext) {
    this.fields = fields
    this.around = around
  }

  read(name: Field, isSecretValue = true): string | undefined {
    const secret = this.fields[name]
    if (secret === undefined) return undefined
    const text = readSecret(secret, this.around.of)
    if (isSecretValue) this.secrets.push(text)
    return text
  }
}
