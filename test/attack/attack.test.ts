import { expect, test } from 'vitest'
import { isThorough } from '../builders/thorough.ts'
import { builtPlugin } from '../plugin/server/built.ts'
import { catalogue } from './catalogue.ts'
import { attackWith, type Kind, table } from './kind.ts'

// Of daemons test/attack/daemons.test.ts has the quick part.
for (const kind of catalogue.filter(({ name }) => isThorough || name !== 'daemons'))
  test.skipIf(kind.without)(
    `${kind.name}: the quick part is survived, and leaves nothing${kind.without ? `: ${kind.without}` : ''}`,
    async () => {
      await builtPlugin()
      const outcome = await attackWith(kind, kind.quick, 1)
      expect(outcome.faults).toEqual([])
      expect(outcome).toMatchObject({ inputs: kind.quick, survived: kind.quick })
    },
  )

test('what is not survived is told with what it takes to try it again', async () => {
  const weak: Kind = {
    name: 'weak',
    quick: 3,
    whole: 3,
    attack: async (random, index) => {
      if (index === 1) throw new TypeError('broken')
      return random.chance(1) && index === 2 ? 'it fell' : undefined
    },
  }
  const outcome = await attackWith(weak, 3, 7)
  expect(outcome.faults.map(fault => fault.split('\n', 1)[0])).toEqual([
    'weak 1, seed 7: threw TypeError: broken',
    'weak 2, seed 7: it fell',
  ])
  expect(table([{ ...outcome, leftovers: 0 }])).toEqual([
    'kind  inputs  survived  leftovers',
    'weak       3         1          0',
  ])
})
