import { type EnvironmentFiles, environment } from '../../src/ground/environment.ts'
import { decoded } from '../../src/ground/tried.ts'
import { isSecretHeader, type Secrets } from '../../src/workflow/secrets.ts'
import { isSecretReference, readSecret, type Secret } from '../../src/workflow/security/options.ts'
import type { ArazzoOptions } from '../options.ts'
import { optionsIn } from './several.ts'

/** Secret fields of credentials. A value from the environment or a file is secret in any field. */
const SECRET_FIELDS = new Set(['key', 'token', 'password', 'clientSecret'])

/**
 * Adds secrets from the plugin's options: inputs from the environment, credentials, variables of the
 * application that are named like secrets, and passwords in URLs. The application receives them and may print them.
 */
export function addSecretsOf(
  { inputs, security, server, compare, ...others }: ArazzoOptions,
  secrets: Secrets,
  files?: EnvironmentFiles,
): void {
  const variablesOf = environment(files)
  const add = (secret: Secret, to: Secrets) => addKnown(secret, to, variablesOf)
  for (const value of Object.values(inputs ?? {})) if (isSecretReference(value)) add(value, secrets)
  for (const scheme of Object.values(security ?? {}).flatMap(schemes => Object.values(schemes))) {
    if (typeof scheme === 'string' || isSecretReference(scheme)) add(scheme, secrets)
    else
      for (const [field, value] of Object.entries(scheme))
        if (isSecretReference(value) || (SECRET_FIELDS.has(field) && typeof value === 'string')) add(value, secrets)
  }
  const variables = [
    files?.values,
    ...optionsIn(server).map(({ env }) => env),
    compare && 'env' in compare ? compare.env : undefined,
  ]
  for (const [name, value] of variables.flatMap(env => Object.entries(env ?? {})))
    if (isSecretHeader(name) && typeof value === 'string') secrets.add(value)
  for (const text of textsIn([security, server, compare, others])) addPassword(text, secrets)
}

/** Missing values are reported by the code that needs them. */
function addKnown(secret: Secret, secrets: Secrets, variables: NodeJS.ProcessEnv): void {
  try {
    secrets.add(readSecret(secret, 'a secret', variables))
  } catch {}
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

/** Adds the password of each URL in a text, which may be a command. */
function addPassword(text: string, secrets: Secrets): void {
  for (const [, user, password] of text.matchAll(/\w:\/\/([^\s/:@]*):([^\s/@]+)@/g)) {
    secrets.add(password)
    const plain = [user!, password!].map(decoded)
    secrets.add(plain[1])
    secrets.add(Buffer.from(plain.join(':')).toString('base64'))
  }
}
