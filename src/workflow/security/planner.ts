import type { OpenApiDescription, Operation, Parameter } from '../../document/model.ts'
import { isRaw } from '../../document/raw.ts'
import { suggestion } from '../../ground/errors.ts'
import { failure } from '../../ground/fault.ts'
import { given } from '../../ground/given.ts'
import type { TlsCredentials } from '../../http/transport.ts'
import { encodeStrict } from '../request/style.ts'
import { type Base, declaredUrl } from '../server.ts'
import type { DigestCredentials } from './digest.ts'
import { type Credentials, isSecretReference, readSecret, type Secret, type SecurityOptions } from './options.ts'
import { type Grant, TokenSource } from './token-source.ts'

/** Credentials that the security schemes of one operation add to its requests. */
export interface AuthPlan {
  /** Names and values in turn. */
  readonly headers: readonly string[]
  /** Pairs, encoded; empty for none. */
  readonly query: string
  /** `n=v; n=v`; empty for none. */
  readonly cookies: string
  readonly digest?: DigestCredentials
  readonly tokens?: TokenSource
}

/** A step's operation, and what it is called with. */
interface Secured {
  readonly source: string
  readonly description: OpenApiDescription
  readonly operation: Operation
  readonly parameters: readonly Parameter[]
  readonly base: Base
}

/**
 * Finds the credentials of operations: of its security requirements the first whose schemes are all configured. An
 * empty requirement only says that none is needed. What a step sets itself, by a parameter of the same place and name,
 * is the step's. Throws Error for credentials that do not fit their scheme.
 */
export class SecurityPlanner {
  /** Everything that must not be shown. */
  readonly secrets = new Set<string>()
  /** URL for fetching tokens. */
  readonly tokenOrigins = new Set<string>()
  /** Credentials by origin. */
  readonly tls: Record<string, TlsCredentials> = {}
  readonly #options: SecurityOptions
  readonly #configured = new Map<string, Configured>()
  /** One for each grant, so that operations share their tokens; digest credentials likewise. */
  readonly #tokens = new Map<string, TokenSource>()
  /** Clients that authenticate in the body, as their token sources found. */
  readonly #inBody = new Set<string>()

  constructor(options: SecurityOptions) {
    this.#options = options
  }

  plan(secured: Secured): AuthPlan | undefined {
    return this.#withServer(this.#ofSchemes(secured), secured)
  }

  /** User and password in the server's URL count if there are no other credentials. */
  #withServer(plan: AuthPlan | undefined, { base, parameters }: Secured): AuthPlan | undefined {
    if (base.authorization === undefined) return plan
    const credential = { kind: 'header', name: 'authorization', value: base.authorization } as const
    for (const secret of secretsOfBasic(base.authorization)) this.secrets.add(secret)
    const saysWho = plan?.digest || plan?.tokens || plan?.headers.some(isAuthorization)
    if (saysWho || isGiven(credential, parameters)) return plan
    const none = { headers: [], query: '', cookies: '' }
    return { ...none, ...plan, headers: [...(plan?.headers ?? []), credential.name, credential.value] }
  }

  #ofSchemes(secured: Secured): AuthPlan | undefined {
    const schemes = Object.hasOwn(this.#options, secured.source) ? this.#options[secured.source]! : undefined
    if (!schemes) return undefined
    assertKnown(secured, Object.keys(schemes))
    const requirement = secured.operation.security.find(candidate => {
      const names = Object.keys(candidate)
      return names.length > 0 && names.every(name => Object.hasOwn(schemes, name) && schemeOf(secured, name))
    })
    if (!requirement) return undefined
    const credentials = Object.entries(requirement).map(([name, scopes]) => this.#credential(name, scopes, secured))
    const missing = credentials.filter(credential => !isGiven(credential, secured.parameters))
    return this.#combine(missing, secured.base)
  }

  #credential(name: string, scopes: readonly string[], secured: Secured): Credential {
    const { source, base } = secured
    const key = JSON.stringify([source, name, scopes, base])
    const known = this.#configured.get(key)
    if (known) return known.credential
    const of = `security scheme "${name}" of source "${source}"`
    const locate = (tokenUrl: string) => locateToken(tokenUrl, secured)
    const found = configure(schemeOf(secured, name)!, this.#options[source]![name]!, { of, scopes, locate })
    if (typeof found === 'string') throw failure('use', of, found)
    this.#configured.set(key, found)
    for (const secret of found.secrets) this.secrets.add(secret)
    return found.credential
  }

  #combine(credentials: readonly Credential[], base: Base): AuthPlan | undefined {
    const headers = credentials.flatMap(one => (one.kind === 'header' ? [one.name, checked(one.value)] : []))
    const query = credentials.flatMap(one =>
      one.kind === 'query' ? `${encodeStrict(one.name)}=${encodeStrict(one.value)}` : [],
    )
    const cookies = credentials.flatMap(one => (one.kind === 'cookie' ? `${one.name}=${checked(one.value)}` : []))
    const digest = credentials.findLast(one => one.kind === 'digest')?.digest
    const [tokens] = credentials.flatMap(one => (one.kind === 'token' ? this.#tokensOf(one.grant) : [])).reverse()
    for (const one of credentials) if (one.kind === 'tls') this.tls[base.origin] = one.tls
    if (headers.length + query.length + cookies.length === 0 && !digest && !tokens) return undefined
    return given({ headers, query: query.join('&'), cookies: cookies.join('; '), digest, tokens })
  }

  #tokensOf(grant: Grant): TokenSource {
    const key = JSON.stringify(grant)
    const tokens = this.#tokens.get(key) ?? new TokenSource(grant, this.#inBody)
    this.tokenOrigins.add(new URL(grant.tokenUrl).origin)
    this.#tokens.set(key, tokens)
    return tokens
  }
}

const isAuthorization = (text: string, index: number): boolean =>
  index % 2 === 0 && text.toLowerCase() === 'authorization'

/** Text after the scheme, and the password in it. */
function secretsOfBasic(authorization: string): string[] {
  const credentials = authorization.slice('Basic '.length)
  const pair = Buffer.from(credentials, 'base64').toString()
  return [credentials, pair.slice(pair.indexOf(':') + 1)]
}

function schemeOf({ description }: Secured, name: string) {
  const scheme = Object.hasOwn(description.securitySchemes, name) ? description.securitySchemes[name] : undefined
  return isRaw(scheme) ? scheme : undefined
}

function assertKnown(secured: Secured, names: readonly string[]): void {
  const known = Object.keys(secured.description.securitySchemes)
  const unknown = names.find(name => !known.includes(name))
  if (unknown === undefined) return
  const thing = `security scheme "${unknown}" of source "${secured.source}"`
  const all = known.length > 0 ? `It has ${known.join(', ')}.` : 'It has no security schemes.'
  const advice = [suggestion(unknown, known), all].filter(Boolean).join(' ')
  throw failure('find', thing, 'the description has no such scheme', advice)
}

/** Whether the step itself writes what the scheme would. */
function isGiven(credential: Credential, parameters: readonly Parameter[]): boolean {
  if (credential.kind === 'tls') return false
  const [place, name] = 'name' in credential ? [credential.kind, credential.name] : ['header', 'authorization']
  const isSame = (one: string) => (place === 'header' ? one.toLowerCase() === name.toLowerCase() : one === name)
  return parameters.some(parameter => parameter.in === place && isSame(parameter.name))
}

function checked(value: string): string {
  if (!/[\r\n\0]/.test(value)) return value
  throw failure('use', 'a security credential', 'it contains a line break or NUL', 'Correct its value.')
}

/**
 * A relative token URL is one of the server's. An absolute one at the server of the description moves with it when the
 * `servers` option puts another in its place; below the server's path, that moves too.
 */
function locateToken(tokenUrl: string, { operation, base, source }: Secured): string {
  const here = `${base.origin}${base.path}/`
  if (!URL.canParse(tokenUrl, here)) {
    throw failure('use', `the token URL of source "${source}"`, `"${tokenUrl}" is not a URL`)
  }
  const url = new URL(tokenUrl, here)
  const declared = declaredUrl(operation)
  const server = URL.canParse(declared) ? new URL(declared) : undefined
  if (server?.origin !== url.origin) return url.href
  const path = server.pathname.replace(/\/*$/, '/')
  const within = url.pathname.startsWith(path) ? `${base.path}/${url.pathname.slice(path.length)}` : url.pathname
  return base.origin + within + url.search
}

/** Credentials that one security scheme adds to a request. */
type Credential =
  | { readonly kind: 'header' | 'query' | 'cookie'; readonly name: string; readonly value: string }
  | { readonly kind: 'digest'; readonly digest: DigestCredentials }
  | { readonly kind: 'token'; readonly grant: Grant }
  | { readonly kind: 'tls'; readonly tls: TlsCredentials }

interface Configured {
  readonly credential: Credential
  readonly secrets: readonly string[]
}

type Raw = Readonly<Record<string, unknown>>
type Field = Exclude<keyof Credentials, 'tokenUrl' | 'parameters'>

/** Target of a relative URL in the description, and its name in messages. */
interface SchemeContext {
  readonly of: string
  readonly scopes: readonly string[]
  /** Makes a token URL absolute. */
  readonly locate: (tokenUrl: string) => string
}

/**
 * Brings a security scheme and its credentials together. Text says why they do not go together.
 * Sources: OpenAPI 3.1.1 and 2.0, "Security Scheme Object"; RFC 7617; RFC 6750.
 */
function configure(scheme: Raw, given: Secret | Credentials, around: SchemeContext): Configured | string {
  const fields = typeof given === 'string' || isSecretReference(given) ? { key: given, token: given } : given
  const reader = fieldReader(fields, around)
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
  const basicValue = Buffer.from(`${formEncoded(clientId ?? '')}:${formEncoded(clientSecret ?? '')}`).toString('base64')
  if (clientSecret !== undefined) reader.secrets.push(basicValue)
  return {
    tokenUrl,
    of: around.of,
    // Without a secret there is nothing to authenticate with: the client only says who it is.
    ...(clientSecret !== undefined && { authorization: `Basic ${basicValue}` }),
    client: given({ client_id: clientId, client_secret: clientSecret }),
    fields: {
      grant_type: username === undefined ? 'client_credentials' : 'password',
      ...(username !== undefined && { username, password: password ?? '' }),
      ...(around.scopes.length > 0 && { scope: around.scopes.join(' ') }),
      ...fields.parameters,
    },
  }
}

/** Source: RFC 6749, 2.3.1. */
const formEncoded = (text: string) => new URLSearchParams({ '': text }).toString().slice(1)

function mutualTls(reader: FieldReader): Credential | string {
  const [cert, key] = [reader.read('cert', false), reader.read('key')]
  if (cert === undefined || key === undefined) return 'mutualTLS takes { cert, key }'
  if (/^-----BEGIN ENCRYPTED |^Proc-Type: 4,ENCRYPTED/m.test(key))
    return 'its key is encrypted. Decrypt it: openssl pkey -in key.pem -out plain.pem'
  return { kind: 'tls', tls: given({ cert, key, ca: reader.read('ca', false) }) }
}

/** Reads fields, and remembers which of them must not be shown. */
function fieldReader(fields: Credentials, around: SchemeContext) {
  const secrets: string[] = []
  const read = (name: Field, isSecretValue = true): string | undefined => {
    const secret = fields[name]
    if (secret === undefined) return undefined
    const text = readSecret(secret, around.of)
    if (isSecretValue) secrets.push(text)
    return text
  }
  return { fields, around, secrets, read }
}

type FieldReader = ReturnType<typeof fieldReader>
