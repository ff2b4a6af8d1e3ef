import { createHash, randomBytes } from 'node:crypto'
import type { OutgoingRequest } from '../../http/transport.ts'

/** Source: RFC 7616, "HTTP Digest Access Authentication". */
export interface DigestCredentials {
  readonly username: string
  readonly password: string
}

/** Strongest first. Source: RFC 7616, 6.1. */
const ALGORITHMS: readonly (readonly [name: string, hash: string])[] = [
  ['SHA-512-256', 'sha512-256'],
  ['SHA-256', 'sha256'],
  ['MD5', 'md5'],
]

type Asked = Pick<OutgoingRequest, 'method' | 'path' | 'body'>

/** One client's conversation with one protected space: a nonce serves until the server gives another. */
export class DigestSession {
  readonly #credentials: DigestCredentials
  #challenge: Challenge | undefined
  #hash = 'md5'
  #count = 0

  constructor(credentials: DigestCredentials) {
    this.#credentials = credentials
  }

  /** Takes the strongest challenge of the `WWW-Authenticate` headers; false without a supported one. */
  challenge(headers: readonly string[]): boolean {
    const challenges = parseChallenges(headers).filter(({ scheme, fields }) => scheme === 'digest' && fields.nonce)
    for (const [name, hash] of ALGORITHMS) {
      const found = challenges.find(({ fields }) => nameOf(fields.algorithm) === name)
      if (!found) continue
      // Simultaneous requests may receive the same nonce: each use has its own count.
      if (found.fields.nonce !== this.#challenge?.fields.nonce) this.#count = 0
      this.#challenge = found
      this.#hash = hash
      return true
    }
    return false
  }

  /** The `Authorization` of a request; undefined before there was a challenge. */
  answer(request: Asked, clientNonce = randomBytes(16).toString('hex')): string | undefined {
    if (!this.#challenge) return undefined
    const { realm = '', nonce = '', opaque, algorithm, qop, userhash, charset } = this.#challenge.fields
    const { username, password } = this.#credentials
    const count = (++this.#count).toString(16).padStart(8, '0')
    const quality = qualityOf(qop)
    const user = this.#digest(`${username}:${realm}:${password}`)
    const secret = /-sess$/i.test(algorithm ?? '') ? this.#digest(`${user}:${nonce}:${clientNonce}`) : user
    const asked = this.#digest(this.#asked(request, quality))
    const middle = quality ? `${nonce}:${count}:${clientNonce}:${quality}` : nonce
    const isHashed = userhash?.toLowerCase() === 'true'
    const name = isHashed ? this.#digest(`${username}:${realm}`) : username
    const fields = [
      charset && /[^\x20-\x7e]/.test(name)
        ? `username*=UTF-8''${encodeURIComponent(name.toWellFormed())}`
        : `username="${escaped(name)}"`,
      `realm="${escaped(realm)}"`,
      `nonce="${escaped(nonce)}"`,
      `uri="${request.path}"`,
      ...(algorithm ? [`algorithm=${algorithm}`] : []),
      `response="${this.#digest(`${secret}:${middle}:${asked}`)}"`,
      ...(quality ? [`qop=${quality}`, `nc=${count}`, `cnonce="${clientNonce}"`] : []),
      ...(opaque === undefined ? [] : [`opaque="${escaped(opaque)}"`]),
      ...(isHashed ? ['userhash=true'] : []),
    ]
    return `Digest ${fields.join(', ')}`
  }

  #asked({ method, path, body }: Asked, quality: string | undefined): string {
    const asked = `${method}:${path}`
    return quality === 'auth-int' ? `${asked}:${this.#digest(body ?? '')}` : asked
  }

  #digest(data: string | Uint8Array): string {
    return createHash(this.#hash).update(data).digest('hex')
  }
}

const nameOf = (algorithm = 'MD5') => algorithm.toUpperCase().replace(/-SESS$/, '')

/** `auth` where it is offered; none where the server speaks the dialect of RFC 2069. */
function qualityOf(offered: string | undefined): 'auth' | 'auth-int' | undefined {
  const offers = (offered ?? '').split(',').map(text => text.trim().toLowerCase())
  return offers.includes('auth') ? 'auth' : offers.includes('auth-int') ? 'auth-int' : undefined
}

const escaped = (text: string) => text.replaceAll(/["\\]/g, '\\$&')

/** Challenge of a server. Names are in lower case. */
interface Challenge {
  readonly scheme: string
  readonly fields: Readonly<Record<string, string>>
}

/** A word: a scheme or, with what it is set to, a parameter. */
const PART = /([^\s,="]+)(?:\s*(=)\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,="]*)))?/g

/** Reads `WWW-Authenticate` headers, each with one challenge or more. Source: RFC 9110, 11.6.1. */
export function parseChallenges(headers: readonly string[]): Challenge[] {
  const challenges: { scheme: string; fields: Record<string, string> }[] = []
  for (const [, word = '', equals, quoted, token = ''] of headers.flatMap(header => [...header.matchAll(PART)])) {
    if (!equals) challenges.push({ scheme: word.toLowerCase(), fields: Object.create(null) })
    else if (challenges.length > 0)
      challenges.at(-1)!.fields[word.toLowerCase()] = quoted?.replaceAll(/\\(.)/g, '$1') ?? token
  }
  return challenges
}
