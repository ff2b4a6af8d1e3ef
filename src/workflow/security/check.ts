import { type Fields, isText, keysOf } from '../../ground/fields.ts'
import { isObject } from '../../ground/object.ts'
import { type Credentials, isSecretReference } from './options.ts'

const KEYS = keysOf<Credentials>({
  key: true,
  token: true,
  username: true,
  password: true,
  clientId: true,
  clientSecret: true,
  clientAuthentication: true,
  scopes: true,
  tokenUrl: true,
  parameters: true,
  cert: true,
  passphrase: true,
  ca: true,
})
const NO_SECRETS: ReadonlySet<string> = new Set(['clientAuthentication', 'scopes', 'tokenUrl', 'parameters'])
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
  for (const key of fields.keys) {
    if (NO_SECRETS.has(key) || !(KEYS as readonly string[]).includes(key)) continue
    const value = fields.get(key)
    if (typeof value !== 'string' && !isSecretReference(value)) fields.fault(key, 'it is not a secret', SECRET)
  }
  if (fields.has('clientAuthentication')) fields.word('clientAuthentication', ['basic', 'body'], 'basic')
  const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText)
  fields.expect('scopes', isTexts, "Write a list: ['read'].")
  fields.expect('tokenUrl', isText, 'Write a URL.')
  if (!fields.has('parameters')) return
  const parameters = fields.within('parameters', "Write an object: { audience: 'https://api.example.com' }.")
  for (const name of parameters?.keys ?? []) parameters!.expect(name, value => typeof value === 'string', 'Write text.')
}
