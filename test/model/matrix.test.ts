import { describe, test } from 'vitest'
import { givenUpAfter } from '../builders/given-up.ts'
import { amount, cases } from '../builders/thorough.ts'
import { type Action, action, byPath, type Flow, flow, type Program, program, step } from './program.ts'
import { expectAsModelled, openWorld } from './world.ts'

/* Every way to fail or pass at a step, held against the model: first retries in all their forms, then the rest. */

givenUpAfter(30)

const world = openWorld()

const limits = [undefined, 0, 1, 3] as const
const levels = ['of the step', 'of the workflow', 'of both'] as const
const references = ['itself', 'another step', 'a workflow'] as const
const followers = ['nothing', 'end', 'goto a step', 'going back', 'goto a workflow', 'another retry'] as const

const detours = { itself: { step: 'work' }, 'another step': { step: 'mend' }, 'a workflow': { flow: 'repair' } }

function following(what: (typeof followers)[number]): Action[] {
  if (what === 'nothing') return []
  if (what === 'end') return [action('end')]
  if (what === 'another retry') return [action('retry', { name: 'later', limit: 2, when: [[500, 503]] })]
  const goals = {
    'goto a step': { step: 'after' },
    'going back': { step: 'before' },
    'goto a workflow': { flow: 'other' },
  }
  return [action('goto', { to: goals[what] })]
}

/** `before`, then `work` with these actions, `mend` and `after`; and workflows to go to. */
function around(work: Parameters<typeof step>[1], shared: Partial<Flow>): Program {
  const flows = [
    flow('main', [step('before'), step('work', work), step('mend'), step('after')], {
      gives: [
        { name: 'before', value: { step: 'before', output: 'n' } },
        { name: 'work', value: { step: 'work', output: 'n' } },
        { name: 'mend', value: { step: 'mend', output: 'n' } },
        { name: 'repaired', value: { flow: 'repair', output: 'n' } },
      ],
      ...shared,
    }),
    flow('repair', [step('fix', { sends: [{ name: 'p', value: { input: 'p' } }] })], {
      gives: [{ name: 'n', value: { step: 'fix', output: 'n' } }],
      inputs: { p: undefined },
    }),
    flow('other', [step('take'), step('over')], {
      gives: [{ name: 'over', value: { step: 'over', output: 'n' } }],
      inputs: { p: undefined },
    }),
  ]
  return program(flows, { inputs: { p: 7 }, maxVisits: 30 })
}

/** The step's own action hides the workflow's of the same name. */
function atLevel(
  level: (typeof levels)[number],
  retry: Action,
  rest: Action[],
): Pick<Flow, 'onFailure'> & { own: Action[] } {
  if (level === 'of the step') return { own: [retry, ...rest], onFailure: [] }
  if (level === 'of the workflow') return { own: [], onFailure: [retry, ...rest] }
  const hidden = action('retry', { name: retry.name, limit: 9, to: { step: 'before' } })
  return { own: [retry], onFailure: [hidden, ...rest] }
}

const retries = limits
  .flatMap((limit, l) =>
    levels.flatMap((level, v) =>
      [undefined, ...references].flatMap((reference, r) =>
        followers.map((then, t) => ({ limit, level, reference, then, place: l + v + r + t })),
      ),
    ),
  )
  // Every third: any three of the four meet in one of them. All of them in a thorough run.
  .filter(({ place }) => place % amount(3, 1) === 0)

describe(`${retries.length} retries`, () => {
  test.each(
    retries.map(({ limit, level, reference, then, place }) => ({
      limit,
      level,
      reference,
      then,
      place,
      title: [
        limit === undefined ? 'no limit given' : `limit ${limit}`,
        level,
        ...(reference === undefined ? [] : [`by way of ${reference}`]),
        `then ${then}`,
      ].join(', '),
    })),
  )('$title', async ({ limit, level, reference, then, place }) => {
    const retry = action('retry', {
      ...(limit !== undefined && { limit }),
      ...(reference && { to: detours[reference] }),
      when: [[500, 503]],
    })
    const { own, onFailure } = atLevel(level, retry, following(then))
    const main = around({ onFailure: own }, { onFailure })
    const scripts: Record<string, number[]>[] = [
      { '/main/work': [503] },
      { '/main/work': [...new Array<number>(limit ?? 1).fill(500), 200] },
      { '/main/work': [503, 404, 200] },
      { '/main/work': [503, 200], '/main/mend': [500, 200], '/repair/fix': [500, 200] },
    ]
    // Two of them, and all in a thorough run.
    for (const [n, script] of scripts.entries())
      if ((n + place) % amount(2, 1) === 0) await expectAsModelled(world, main, byPath(script))
  })
})

const sides = ['success', 'failure'] as const
const types = ['end', 'goto a step ahead', 'goto a step behind', 'goto itself', 'goto a workflow'] as const
const met = ['without criteria', 'with criteria', 'with criteria that are not met', 'after another'] as const

function going(type: (typeof types)[number]): Action {
  if (type === 'end') return action('end')
  if (type === 'goto a workflow') return action('goto', { to: { flow: 'other' } })
  const steps = { 'goto a step ahead': 'after', 'goto a step behind': 'before', 'goto itself': 'work' }
  return action('goto', { to: { step: steps[type] } })
}

const ways = sides.flatMap(side =>
  types.flatMap(type => levels.flatMap(level => met.map(criteria => ({ side, type, level, criteria })))),
)

describe(`${ways.length} other actions`, () => {
  test.each(ways.map(way => ({ ...way, title: `${way.type} after ${way.side}, ${way.level}, ${way.criteria}` })))(
    '$title',
    async ({ side, type, level, criteria }) => {
      const first = side === 'success' ? 201 : 503
      const when = { 'with criteria': [[200, 201, 503], [first]], 'with criteria that are not met': [[first], [418]] }
      const chosen = {
        ...going(type),
        name: 'chosen',
        when: criteria in when ? when[criteria as keyof typeof when] : [],
      }
      const list =
        criteria === 'after another' ? [action('end', { name: 'if 200 or 404', when: [[200, 404]] }), chosen] : [chosen]
      const hidden = { ...action('end'), name: 'chosen' }
      const own = level === 'of the workflow' ? [] : list
      const shared = level === 'of the step' ? [] : level === 'of both' ? [hidden] : list
      const field = side === 'success' ? 'onSuccess' : 'onFailure'
      const main = around({ accepts: [200, 201], [field]: own }, { [field]: shared })
      const always: number[][] = [
        [first, 200],
        [first, 404, 0],
      ]
      for (const statuses of cases(always, [[first]]))
        await expectAsModelled(world, main, byPath({ '/main/work': statuses }))
    },
  )
})
