import { expect, test } from 'vitest'
import { transportError } from '../../src/http/causes.ts'

const peer = {
  subject: { CN: 'api.test' },
  issuer: { CN: 'Test CA' },
  valid_from: 'Nov  5 09:12:01 2026 GMT',
  valid_to: 'Nov  5 09:12:01 2027 GMT',
  subjectaltname: 'DNS:api.test, IP Address:10.0.0.1',
}

const message = (code: string, certificate: object | undefined = peer) => {
  const error = transportError('https://localhost:3443', Object.assign(new Error('no'), { code }), certificate)
  expect(error.failure).toBe('protocol')
  return error.message
}

test('what is wrong with a certificate, which it is, and what to do', () => {
  expect(message('DEPTH_ZERO_SELF_SIGNED_CERT')).toMatchInlineSnapshot(
    `"Failed to trust https://localhost:3443: its certificate (CN=api.test) is self-signed. To trust it, set the option ca to a PEM file with it, or NODE_EXTRA_CA_CERTS before Node starts."`,
  )
  expect(message('UNABLE_TO_VERIFY_LEAF_SIGNATURE')).toMatchInlineSnapshot(
    `"Failed to trust https://localhost:3443: its certificate (CN=api.test) was issued by CN=Test CA, who is not trusted here. To trust it, set the option ca to a PEM file with the issuer's certificate, or NODE_EXTRA_CA_CERTS before Node starts."`,
  )
  expect(message('CERT_HAS_EXPIRED')).toMatchInlineSnapshot(
    `"Failed to trust https://localhost:3443: its certificate (CN=api.test) has expired on Nov 5 09:12:01 2027 GMT. Renew it, or correct the clock of this machine."`,
  )
  expect(message('CERT_NOT_YET_VALID')).toMatchInlineSnapshot(
    `"Failed to trust https://localhost:3443: its certificate (CN=api.test) is not valid yet, only from Nov 5 09:12:01 2026 GMT. Correct the clock of this machine, or that of who issued it."`,
  )
  expect(message('ERR_TLS_CERT_ALTNAME_INVALID')).toMatchInlineSnapshot(
    `"Failed to trust https://localhost:3443: its certificate is for api.test, 10.0.0.1, not for localhost. Write one of its names in the URL, or have it issued for this one."`,
  )
})

test('a server that has not shown one', () => {
  expect(message('DEPTH_ZERO_SELF_SIGNED_CERT', {})).toMatchInlineSnapshot(
    `"Failed to trust https://localhost:3443: its certificate is self-signed. To trust it, set the option ca to a PEM file with it, or NODE_EXTRA_CA_CERTS before Node starts."`,
  )
  expect(message('UNABLE_TO_GET_ISSUER_CERT_LOCALLY', {})).toMatchInlineSnapshot(
    `"Failed to trust https://localhost:3443: its certificate was issued by an unnamed authority, who is not trusted here. To trust it, set the option ca to a PEM file with the issuer's certificate, or NODE_EXTRA_CA_CERTS before Node starts."`,
  )
})

test('another fault of TLS is said in its own words', () => {
  expect(message('ERR_SSL_WRONG_VERSION_NUMBER')).toContain('Failed to talk to https://localhost:3443: no (')
})

test("a fault of TLS is the same for the same cause: OpenSSL's message names its thread, its reason does not", () => {
  const fault = (thread: string) =>
    transportError('https://localhost:3443', {
      code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
      message: `${thread}:error:0A00042E:SSL routines:ssl3_read_bytes:tlsv1 alert protocol version:rec_layer_s3.c:1605:`,
      reason: 'tlsv1 alert protocol version',
    }).message
  expect(fault('40C7F2')).toBe(fault('40D8A3'))
  expect(fault('40C7F2')).toContain(': tlsv1 alert protocol version (ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION). ')
})
