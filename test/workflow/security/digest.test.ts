import { describe, expect, test } from 'vitest'
import { DigestSession, parseChallenges } from '../../../src/workflow/security/digest.ts'

const credentials = { username: 'Mufasa', password: 'Circle of Life' }
const index = { method: 'GET', path: '/dir/index.html', body: undefined }
const cnonce = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ'
const challenge = (more: string) =>
  'Digest realm="http-auth@example.org", qop="auth, auth-int", ' +
  `nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"${more}`

const session = (...headers: string[]) => {
  const digest = new DigestSession(credentials)
  expect(digest.challenge(headers)).toBe(true)
  return digest
}

describe('RFC 7616, 3.9.1', () => {
  test('MD5', () => {
    expect(session(challenge(', algorithm=MD5')).answer(index, cnonce)).toMatchInlineSnapshot(
      `"Digest username="Mufasa", realm="http-auth@example.org", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", uri="/dir/index.html", algorithm=MD5, response="8ca523f5e9506fed4657c9700eebdbec", qop=auth, nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""`,
    )
  })

  test('of two challenges the stronger one: SHA-256', () => {
    const answer = session(challenge(', algorithm=MD5'), challenge(', algorithm=SHA-256')).answer(index, cnonce)
    expect(answer).toContain('response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"')
    expect(answer).toContain('algorithm=SHA-256')
  })
})

test('RFC 2617, 3.5, and the dialect without qop', () => {
  const header =
    'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
  const of = (text: string) => {
    const digest = new DigestSession({ username: 'Mufasa', password: 'Circle Of Life' })
    digest.challenge([text])
    return digest.answer(index, '0a4f113b')
  }
  expect(of(`${header}, qop="auth,auth-int"`)).toContain('response="6629fae49393a05397450978507c4ef1"')
  const old = of(header)
  expect(old).toContain('response="670fd8c2df070c60b045671b8b24ff02"')
  expect(old).not.toMatch(/nc=|cnonce|qop/)
})

test('a nonce serves until there is another; its uses are counted', () => {
  const digest = session(challenge(''))
  expect([digest.answer(index), digest.answer(index)].map(answer => /nc=(\w+)/.exec(answer!)![1])).toEqual([
    '00000001',
    '00000002',
  ])
  // Of requests that are in flight at once each may be asked, with the same nonce.
  digest.challenge([challenge('')])
  expect(digest.answer(index)).toContain('nc=00000003')
  digest.challenge([challenge(', stale=true').replace('nonce="', 'nonce="new')])
  expect(digest.answer(index)).toContain('nc=00000001')
})

test('userhash, -sess, and names beyond ASCII', () => {
  const of = (more: string) => {
    const digest = new DigestSession({ username: 'Jäsøn Doe', password: 'Secret, or not?' })
    digest.challenge([`Digest realm="api@example.org", qop="auth", nonce="n", charset=UTF-8${more}`])
    return digest.answer({ ...index, path: '/doe.json' }, 'c')
  }
  expect(of(', algorithm=SHA-512-256, userhash=true')).toContain(
    'username="793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"',
  )
  expect(of('')).toContain("username*=UTF-8''J%C3%A4s%C3%B8n%20Doe")
  expect(of(', algorithm=MD5-sess')).not.toBe(of(', algorithm=MD5'))
})

test('what cannot be answered is left alone', () => {
  const digest = new DigestSession(credentials)
  expect(digest.challenge(['Basic realm="x"', 'Digest realm="x"', 'Digest nonce="n", algorithm=CRC32'])).toBe(false)
  expect(digest.answer(index)).toBeUndefined()
})

test('challenges are read with their quotes and commas, several in a header too', () => {
  expect(
    parseChallenges(['Basic realm="a, \\"b\\" c=d", Digest realm = "x" , nonce=abc,qop="auth,auth-int"', 'Bearer']),
  ).toEqual([
    { scheme: 'basic', fields: { realm: 'a, "b" c=d' } },
    { scheme: 'digest', fields: { realm: 'x', nonce: 'abc', qop: 'auth,auth-int' } },
    { scheme: 'bearer', fields: {} },
  ])
})
