import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'

/** A pair of keys (X25519) of which the public one is told. */
export interface Keys {
  privateKey: KeyObject
  publicKey: Uint8Array
}

const [IV, TAG] = [12, 16] as const

export function newKeys(): Keys {
  const { privateKey, publicKey } = generateKeyPairSync('x25519')
  return { privateKey, publicKey: publicKey.export({ type: 'spki', format: 'der' }) }
}

/**
 * Seals bytes so that only the owner of a key reads them: AES-256-GCM with a key that HKDF (RFC 5869) makes of a secret
 * agreed on by X25519 (RFC 7748) with a pair of keys that is used once. Laid out as length of that public key, the key,
 * IV, tag, text.
 */
export function seal(bytes: Uint8Array, to: Uint8Array): Uint8Array {
  const own = newKeys()
  const iv = randomBytes(IV)
  const cipher = createCipheriv('aes-256-gcm', secretOf(own.privateKey, to, own.publicKey), iv)
  const text = Buffer.concat([cipher.update(bytes), cipher.final()])
  return Buffer.concat([Buffer.from([own.publicKey.length]), own.publicKey, iv, cipher.getAuthTag(), text])
}

/** Throws for what was not sealed to this key, or was changed. */
export function unseal(sealed: Uint8Array, keys: Keys): Uint8Array {
  const length = sealed[0]!
  const [key, iv, tag] = [sealed.subarray(1, 1 + length), 1 + length, 1 + length + IV]
  const secret = secretOf(keys.privateKey, key, key)
  const cipher = createDecipheriv('aes-256-gcm', secret, sealed.subarray(iv, tag))
  cipher.setAuthTag(sealed.subarray(tag, tag + TAG))
  return Buffer.concat([cipher.update(sealed.subarray(tag + TAG)), cipher.final()])
}

export const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

function secretOf(privateKey: KeyObject, other: Uint8Array, salt: Uint8Array): Uint8Array {
  const publicKey = createPublicKey({ key: Buffer.from(other), type: 'spki', format: 'der' })
  const agreed = diffieHellman({ privateKey, publicKey })
  return new Uint8Array(hkdfSync('sha256', agreed, salt, 'vitest-arazzo plan', 32))
}
