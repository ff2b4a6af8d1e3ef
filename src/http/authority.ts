import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import process from 'node:process'
import * as tls from 'node:tls'
import { failure } from '../ground/fault.ts'
import { readNamed } from '../ground/reach.ts'

const isPem = (text: string): boolean => text.includes('-----BEGIN CERTIFICATE-----')

/**
 * PEM text of the option `ca`, which is that or the path of a file, relative to `folder`. Throws an Error for a file
 * that cannot be read, and for what holds no certificate.
 */
export function authorityOf(ca: string, folder = process.cwd()): string {
  const file = isPem(ca) ? undefined : resolve(folder, ca)
  try {
    const text = file === undefined ? ca : readNamed(file).toString()
    new X509Certificate(text)
    return text
  } catch (cause) {
    const advice = 'Write the path of a PEM file, or its text: -----BEGIN CERTIFICATE----- and what follows.'
    throw failure('read', `option ca${file === undefined ? '' : ` (${file})`}`, (cause as Error).message, advice)
  }
}

/** PEM text of an authority and of all that Node trusts by itself, since those given to TLS replace the latter. */
export function withDefaults(authority: string): string {
  const { getCACertificates } = tls as { getCACertificates?: (of: 'default') => string[] }
  const extra = process.env.NODE_EXTRA_CA_CERTS
  const ofNode = () => [...tls.rootCertificates, ...(extra ? [readFileSync(extra, 'utf8')] : [])]
  return [authority, ...(getCACertificates?.('default') ?? ofNode())].join('\n')
}
