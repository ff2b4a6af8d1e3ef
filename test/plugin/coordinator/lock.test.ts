import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SharedLock } from '../../../plugin/coordinator/server.ts'

type Claim = ReturnType<SharedLock['claim']>

/** A lock, and the names of those it let in, in order. */
function door() {
  const lock = new SharedLock()
  const entered: string[] = []
  return { entered, claim: (mode: Claim['mode'], name: string) => lock.claim(mode, () => entered.push(name)) }
}

test('any number shares it', () => {
  const { claim, entered } = door()
  claim('shared', 'a')
  claim('shared', 'b')
  expect(entered).toEqual(['a', 'b'])
})

test('alone waits for all who share, and nobody new is let in before it', () => {
  const { claim, entered } = door()
  const a = claim('shared', 'a')
  const b = claim('shared', 'b')
  const load = claim('exclusive', 'load')
  claim('shared', 'late')
  a.release()
  expect(entered).toEqual(['a', 'b'])
  b.release()
  expect(entered).toEqual(['a', 'b', 'load'])
  load.release()
  expect(entered).toEqual(['a', 'b', 'load', 'late'])
})

test('those who want it alone go first, in their order', () => {
  const { claim, entered } = door()
  const a = claim('shared', 'a')
  const one = claim('exclusive', 'one')
  claim('shared', 'late')
  const two = claim('exclusive', 'two')
  a.release()
  one.release()
  expect(entered).toEqual(['a', 'one', 'two'])
  two.release()
  expect(entered).toEqual(['a', 'one', 'two', 'late'])
})

test('a downgrade lets in who waits to share', () => {
  const { claim, entered } = door()
  const load = claim('exclusive', 'load')
  claim('shared', 'late')
  load.downgrade()
  expect(entered).toEqual(['load', 'late'])
  expect(load).toMatchObject({ mode: 'shared', granted: true })
})

test('a downgrade lets nobody in while another waits to be alone', () => {
  const { claim, entered } = door()
  const load = claim('exclusive', 'load')
  claim('exclusive', 'next')
  claim('shared', 'late')
  load.downgrade()
  expect(entered).toEqual(['load'])
  load.release()
  expect(entered).toEqual(['load', 'next'])
})

test('leaving the queue lets in whom one stood in the way of', () => {
  const { claim, entered } = door()
  claim('shared', 'a')
  const load = claim('exclusive', 'load')
  claim('shared', 'late')
  load.release()
  expect(entered).toEqual(['a', 'late'])
})

test('releasing twice is releasing once', () => {
  const { claim, entered } = door()
  const one = claim('exclusive', 'one')
  claim('exclusive', 'two')
  one.release()
  one.release()
  claim('shared', 'late')
  expect(entered).toEqual(['one', 'two'])
})

test('whatever happens: alone is alone, and in the end everyone has been let in', () => {
  const action = fc.record({ kind: fc.constantFrom('shared', 'exclusive', 'release', 'downgrade'), whom: fc.nat(20) })
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), actions => {
      const lock = new SharedLock()
      const claims: Claim[] = []
      const gone = new Set<Claim>()
      let admitted = 0
      const check = () => {
        const inside = claims.filter(claim => claim.granted)
        if (inside.some(claim => claim.mode === 'exclusive')) expect(inside).toHaveLength(1)
      }
      const release = (claim: Claim | undefined) => {
        if (claim === undefined || gone.has(claim)) return
        if (!claim.granted) admitted += 1
        gone.add(claim)
        claim.release()
      }
      for (const { kind, whom } of actions) {
        const claim = claims[whom % Math.max(1, claims.length)]
        if (kind === 'release') release(claim)
        else if (kind === 'downgrade') {
          if (claim !== undefined && !gone.has(claim)) claim.downgrade()
        } else claims.push(lock.claim(kind as Claim['mode'], () => (admitted += 1)))
        check()
      }
      for (let round = 0; round <= claims.length; round++) {
        release(claims.find(claim => claim.granted))
        check()
      }
      expect(admitted).toBe(claims.length)
    }),
  )
})
