import { describe, expect, test } from 'vitest'
import { readBudgets } from '../../src/budget/read.ts'
import { acceptedBy } from '../../src/compare/acceptance.ts'
import { Git, type Trailer, trailersOf } from '../../src/compare/base/git.ts'
import { repository, type TestRepository } from '../builders/repository.ts'

const budgetsOf = (written: object) =>
  readBudgets(written, { steps: ['pay'], target: true, base: true, model: 'closed' }).relative

const BUDGETS = budgetsOf({
  cpuPerRequest: 'base + 5%',
  memory: 'base + 10MB',
  rps: 'base - 3%',
  memoryGrowth: 'base + 20KB/1000 requests',
  steps: { pay: { p99: 'base + 10%' } },
})

const by = (text: string, commit = '5d6e7f8'): Trailer => ({ text, commit, author: 'Ann' })
const accept = (...trailers: Trailer[]) => acceptedBy(trailers, 'checkout', BUDGETS)
const raised = (...trailers: Trailer[]) => accept(...trailers).accepted.map(({ budget, allowed }) => [budget, allowed])

describe('a trailer', () => {
  test('raises the bound that it names, and no other', () => {
    const { budgets, accepted, notes } = accept(by('checkout cpuPerRequest +12%'))
    expect(accepted).toEqual([
      { budget: 'cpuPerRequest', allowed: '+12 %', instead: '+5 %', commit: '5d6e7f8', author: 'Ann' },
    ])
    expect(budgets.map(({ title }) => title)).toEqual([
      'cpuPerRequest <= base + 12 %',
      ...BUDGETS.slice(1).map(({ title }) => title),
    ])
    expect(budgets.map(({ key }) => key)).toEqual(BUDGETS.map(({ key }) => key))
    expect(notes).toEqual([])
    expect(raised(by('checkout memoryGrowth +40KB/1000 requests'))).toEqual([['memoryGrowth', '+40 kB/1,000 requests']])
    expect(raised(by('checkout memory + 15 MB'), by('checkout rps -8%'), by('checkout steps.pay.p99 +30 %'))).toEqual([
      ['memory', '+15 MB'],
      ['rps', '-8 %'],
      ['steps.pay.p99', '+30 %'],
    ])
  })

  test.each([
    ['checkout cpuPerReqest +12%', 'no budget "cpuPerReqest" speaks of the base. Did you mean "cpuPerRequest"?'],
    ['checkout errorRate +12%', 'no budget "errorRate" speaks of the base'],
    ['checkout cpuPerRequest +4%', '+5 % is allowed without it'],
    ['checkout cpuPerRequest -12%', '+5 % is allowed without it'],
    ['checkout rps +8%', '-3 % is allowed without it'],
    ['checkout memory +12%', 'the budget has another unit, as in +10 MB'],
    ['checkout memory +12 parsecs', 'is not'],
  ])('that raises nothing says why: %s', (text, why) => {
    const { budgets, accepted, notes } = accept(by(text))
    expect([budgets, accepted]).toEqual([BUDGETS, []])
    expect(notes).toEqual([expect.stringContaining(why)])
  })

  test('for another load test, or that cannot be read, is left to whoever has all names', () => {
    const { accepted, acceptedElsewhere } = accept(
      by('chekout cpuPerRequest +12%'),
      by('all of it'),
      by('+12%'),
      by(`checkout${' x'.repeat(50_000)} +12%`),
    )
    expect(accepted).toEqual([])
    expect(acceptedElsewhere.map(({ text, test }) => [text, test])).toEqual([
      ['chekout cpuPerRequest +12%', 'chekout'],
      ['all of it', undefined],
      ['+12%', undefined],
      [expect.anything(), undefined],
    ])
  })

  test('of the newest commit counts, and of one commit that with the smallest bound', () => {
    const [newer, older] = ['newer00', 'older00']
    expect(raised(by('checkout cpuPerRequest +12%', newer), by('checkout cpuPerRequest +90%', older))).toEqual([
      ['cpuPerRequest', '+12 %'],
    ])
    expect(raised(by('checkout cpuPerRequest +90%', newer), by('checkout cpuPerRequest +12%', newer))).toEqual([
      ['cpuPerRequest', '+12 %'],
    ])
    expect(accept(by('checkout cpuPerRequest +90%'), by('checkout cpuPerRequest +12%')).notes.join()).toContain(
      'Load-Accept names cpuPerRequest more than once: +12 % counts, of 5d6e7f8',
    )
  })
})

describe('commits of head', () => {
  const read = (here: TestRepository, base = 'main') => trailersOf(new Git(here.top, here.env), base)
  const branch = () => {
    const here = repository({ a: '0' })
    here.commit('Base\n\nLoad-Accept: checkout cpuPerRequest +99%', { a: '1' })
    here.git('switch', '--quiet', '--create', 'change')
    return here
  }

  test('have trailers, those of base do not count', async () => {
    const here = branch()
    expect(await read(here)).toEqual([])
    here.commit('One\n\nLoad-Accept: checkout cpuPerRequest +1%\nload-accept: checkout\n  memory +1MB', { a: '2' })
    here.commit('Load-Accept: is no trailer in a subject', { a: '3' })
    here.commit('Two\n\nLoad-Accept: in the middle +1%\n\nText.', { a: '4' })
    const commit = here.commit('Three\n\nSigned-off-by: B <b@c>\nLoad-Accept: search p99 +2%', { a: '5' })
    expect((await read(here)).map(({ text }) => text)).toEqual([
      'search p99 +2%',
      'checkout cpuPerRequest +1%',
      'checkout memory +1MB',
    ])
    expect((await read(here))[0]).toEqual({ text: 'search p99 +2%', author: 'Test', commit: commit.slice(0, 7) })
    here.git('switch', '--quiet', 'main')
    here.commit('Newer base\n\nLoad-Accept: checkout cpuPerRequest +98%', { b: '1' })
    here.git('switch', '--quiet', 'change')
    here.git('merge', '--quiet', '--no-edit', 'main')
    expect((await read(here)).map(({ text }) => text)).not.toContain('checkout cpuPerRequest +98%')
  })

  test('come before their parents, whatever their dates are', async () => {
    const here = branch()
    here.env.GIT_COMMITTER_DATE = '2030-01-01T00:00:00Z'
    here.commit('Old\n\nLoad-Accept: checkout cpuPerRequest +90%', { a: '2' })
    here.env.GIT_COMMITTER_DATE = '2001-01-01T00:00:00Z'
    here.commit('New\n\nLoad-Accept: checkout cpuPerRequest +12%', { a: '3' })
    here.env.GIT_COMMITTER_DATE = '2024-01-01T00:00:00Z'
    expect((await read(here)).map(({ text }) => text.slice(-3))).toEqual(['12%', '90%'])
  })

  test('have authors of any name, and as many trailers as they like', async () => {
    const here = branch()
    here.env.GIT_AUTHOR_NAME = '**Ann** @team | [x](http://evil.example)'
    const many = Array.from({ length: 300 }, (_, i) => `Load-Accept: checkout cpuPerRequest +${i + 6}%`)
    here.commit(`Many\n\n${many.join('\n')}`, { a: '2' })
    here.env.GIT_AUTHOR_NAME = 'Test'
    const found = await read(here)
    expect(found).toHaveLength(100)
    expect(found[0]!.author).toBe('**Ann** @team | [x](http://evil.example)')
  })
})
