import type { Fault } from '../ground/fault.ts'

/** A server's certificate, as far as messages name it. */
export interface PeerCertificate {
  subject?: { CN?: string | string[] }
  issuer?: { CN?: string | string[] }
  /** `Nov  5 09:12:01 2027 GMT` */
  valid_from?: string
  valid_to?: string
  /** `DNS:localhost, IP Address:127.0.0.1` */
  subjectaltname?: string
}

type Told = (certificate: PeerCertificate | undefined, origin: string) => Pick<Fault, 'found' | 'advice'>

const trusting = (what: string) =>
  `To trust it, set the option ca to a PEM file with ${what}, or NODE_EXTRA_CA_CERTS before Node starts.`

const selfSigned: Told = certificate => ({
  found: `its certificate${named(certificate)} is self-signed`,
  advice: trusting('it'),
})

const unknownIssuer: Told = certificate => ({
  found: `its certificate${named(certificate)} was issued by ${issuerOf(certificate)}, who is not trusted here`,
  advice: trusting("the issuer's certificate"),
})

/** By the codes of Node, which are those of OpenSSL. */
const FAULTS: Readonly<Record<string, Told>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: selfSigned,
  SELF_SIGNED_CERT_IN_CHAIN: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownIssuer,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownIssuer,
  CERT_HAS_EXPIRED: certificate => ({
    found: `its certificate${named(certificate)} has expired${dated(' on ', certificate?.valid_to)}`,
    advice: 'Renew it, or correct the clock of this machine.',
  }),
  CERT_NOT_YET_VALID: certificate => ({
    found: `its certificate${named(certificate)} is not valid yet${dated(', only from ', certificate?.valid_from)}`,
    advice: 'Correct the clock of this machine, or that of who issued it.',
  }),
  ERR_TLS_CERT_ALTNAME_INVALID: (certificate, origin) => ({
    found: `its certificate is for ${namesOf(certificate)}, not for ${new URL(origin).hostname}`,
    advice: 'Write one of its names in the URL, or have it issued for this one.',
  }),
}

/** What is wrong with a certificate, by the code of an error; undefined for other errors. */
export function certificateFault(
  origin: string,
  code: string,
  certificate: PeerCertificate | undefined,
): Fault | undefined {
  if (!Object.hasOwn(FAULTS, code)) return undefined
  return { verb: 'trust', thing: origin, ...FAULTS[code]!(certificate, origin) }
}

function named(certificate: PeerCertificate | undefined): string {
  const name = nameOf(certificate?.subject)
  return name === undefined ? '' : ` (${name})`
}

const issuerOf = (certificate: PeerCertificate | undefined) => nameOf(certificate?.issuer) ?? 'an unnamed authority'

const dated = (words: string, date: string | undefined) =>
  date === undefined ? '' : words + date.replaceAll(/ +/g, ' ')

function nameOf(who: PeerCertificate['subject']): string | undefined {
  const names = [who?.CN ?? []].flat()
  return names.length > 0 ? `CN=${names.join(', ')}` : undefined
}

function namesOf(certificate: PeerCertificate | undefined): string {
  const names = certificate?.subjectaltname?.replaceAll(/\b(?:DNS|IP Address):/g, '')
  return names || nameOf(certificate?.subject) || 'other names'
}
