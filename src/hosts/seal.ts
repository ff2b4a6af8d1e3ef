import {
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
} from 'node:crypto'
import { deserialize, serialize } from 'node:v8'
import { failure } from '../ground/fault.ts'
import { tried } from '../ground/tried.ts'
import type { Milliseconds } from '../ground/units.ts'
import type { Bus } from './bus.ts'

/** Keys that two sides have in common, one for each use: no message of one use can be taken for one of another. */
export type KeyFor = (use: string) => Uint8Array

const CIPHER = 'aes-256-gcm'
const [IV, TAG] = [12, 16] as const
/** Length of the header of a sealed message. */
const SEAL = IV + TAG
/** Length of a public key. */
export const PUBLIC_KEY = 44

/** A pair of keys (X25519); the public one is sent. */
export function newKeys() {
  const { privateKey, publicKey } = generateKeyPairSync('x25519')
  return { privateKey, publicKey: publicKey.export({ type: 'spki', format: 'der' }) }
}

/** Agrees on a secret by X25519 (RFC 7748), of which HKDF (RFC 5869) makes the keys. Throws for what is no such key. */
export function agree({ privateKey, publicKey }: ReturnType<typeof newKeys>, other: Uint8Array): KeyFor {
  const theirs = createPublicKey({ key: Buffer.from(other), type: 'spki', format: 'der' })
  const agreed = diffieHellman({ privateKey, publicKey: theirs })
  const salt = Buffer.concat([publicKey, other].sort(Buffer.compare))
  return use => new Uint8Array(hkdfSync('sha256', agreed, salt, `vitest-arazzo ${use}`, 32))
}

/**
 * Seals bytes by AES-256-GCM: IV, tag, text.
 *
 * @param number makes the IV, once for each key. Default: the IV is random.
 * @param context what the other side has to know to open it.
 */
export function seal(key: Uint8Array, bytes: Uint8Array, number?: number, context?: Uint8Array): Uint8Array {
  const iv = number === undefined ? randomBytes(IV) : Buffer.alloc(IV)
  if (number !== undefined) iv.writeUIntBE(number, IV - 6, 6)
  const cipher = createCipheriv(CIPHER, key, iv)
  if (context) cipher.setAAD(context)
  const text = [cipher.update(bytes), cipher.final()]
  return Buffer.concat([iv, cipher.getAuthTag(), ...text])
}

/** Throws for what was not sealed with this key, or was changed. */
function unseal(key: Uint8Array, sealed: Uint8Array, context?: Uint8Array): Uint8Array {
  const cipher = createDecipheriv(CIPHER, key, sealed.subarray(0, IV), { authTagLength: TAG })
  cipher.setAuthTag(sealed.subarray(IV, SEAL))
  if (context) cipher.setAAD(context)
  return Buffer.concat([cipher.update(sealed.subarray(SEAL)), cipher.final()])
}

/**
 * Opens a message whose IV was made of a higher number than `last`. Undefined for another one, and for what `unseal`
 * throws for.
 */
export function unsealAfter(last: number, key: Uint8Array, sealed: Uint8Array) {
  if (sealed.length < SEAL) return undefined
  const number = Buffer.from(sealed.buffer, sealed.byteOffset, IV).readUIntBE(IV - 6, 6)
  const bytes = number > last ? tried(() => unseal(key, sealed)) : undefined
  return bytes && { number, bytes }
}

/** Something that is asked once, and responded to: for each there are keys of its own. */
type Use = 'join' | 'clock'

/**
 * Asks a sealed question; rejects without a response in time, and for a response that is not to this question.
 *
 * @param head what goes before it as it is.
 */
export async function ask(
  bus: Bus,
  subject: string,
  keyFor: KeyFor,
  use: Use,
  asked: unknown,
  within: Milliseconds,
  head: Uint8Array = new Uint8Array(0),
): Promise<unknown> {
  const question = seal(keyFor(`${use}: question`), serialize(asked))
  const response = await bus.request(subject, Buffer.concat([head, question]), within)
  const key = keyFor(`${use}: response`)
  const read: unknown = tried(() => deserialize(unseal(key, response, question.subarray(0, SEAL))))
  if (read !== undefined) return read
  throw failure('read', 'its response', 'it was not sealed with the keys of this run', 'Start the load test again.')
}

/** Throws for what was not asked with these keys. */
export function opened(keyFor: KeyFor, use: Use, question: Uint8Array) {
  const asked: unknown = deserialize(unseal(keyFor(`${use}: question`), question))
  return {
    asked,
    /** Seals a response to this question, which is one to no other. */
    sealed: (response: unknown) =>
      seal(keyFor(`${use}: response`), serialize(response), undefined, question.subarray(0, SEAL)),
  }
}
