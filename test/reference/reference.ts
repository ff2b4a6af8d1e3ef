import { readFileSync } from 'node:fs'
import { type Described, hoverOf, type Member, type WrittenTypes } from './types.ts'
import { wrapped } from './wrap.ts'

/** What users write, in the order of docs/reference/options.md: the heading, the file of the type, and its name. */
const ROOTS = [
  ['`arazzo()`, the plugin', 'plugin/options.ts', 'ArazzoOptions'],
  ['`loadTest` and `runLoad`', 'src/load/plan/options.ts', 'LoadOptions'],
  ['`load`', 'src/measure/shape.ts', 'LoadShape'],
  ['`budgets`', 'src/budget/budget.ts', 'Budgets'],
  ['`inputs`', 'src/load/feed/source.ts', 'InputFeed'],
] as const

/** Files that hold a type of the above. */
export const FILES = ROOTS.map(([, file]) => file)

const HEAD = `# Options

Every option, as its type in the package has it; \`npm run reference\` writes this page. What the
words mean: [reading the numbers](../guide/reading-the-numbers.md). A \`Duration\` is milliseconds, or
text with a unit: \`'30s'\`, \`'250ms'\`, \`'1m30s'\`. A \`Bound\` is a number in the unit of its metric,
or text with a unit and, if wanted, an operator: \`'100ms'\`, \`'< 100ms'\`, \`'>= 1000'\`,
\`'base + 10%'\`. A \`Secret\` is text, \`{ env: 'NAME' }\` or \`{ file: 'path' }\`. The matcher
\`toSustain(rate, options)\` takes the keys of \`capacity\` and those of \`runLoad\`.
`

/** The page, and what is missing in it. */
export interface Reference {
  text: string
  /** Options whose docstring says too little, with what it does not say: `LoadShape.rps: example`. */
  silent: readonly string[]
}

export function referenceOf(types: WrittenTypes): Reference {
  const writer = new Writer(types)
  const parts = ROOTS.map(([heading, file, name]) =>
    writer.part(heading, types.describe(name, types.typeOf(file, name))),
  )
  return { text: [HEAD, ...parts, suites()].join('\n'), silent: writer.silent }
}

/** Types whose values are few, or functions: nobody needs an example of `true`. */
const PLAIN = /^(boolean( \| boolean)*|(\(|'|").*)$/

/** What hovering over an option would not tell. */
function lacksOf({ type, text, tags, isOptional }: Member): string[] {
  const all = `${text} ${tags.default ?? ''} ${tags.example ?? ''}`
  const isAmount = /\b(Duration|Milliseconds|Bounded|Bytes)\b/.test(type)
  const hasUnit = /\d ?_?\d*(ms|s|m|MB|GB|KB|MiB|%|rps)\b|%|byte|at least|times|count|<|{/i.test(all)
  return [
    ...(text === '' ? ['words'] : []),
    ...(isOptional && !type.startsWith('(') && !/default/i.test(text) && tags.default === undefined ? ['default'] : []),
    ...(PLAIN.test(type) || tags.example !== undefined ? [] : ['example']),
    ...(isAmount && !hasUnit ? ['unit'] : []),
  ]
}

/** Whether an object has options: others have names of the user's own, or functions that the user implements. */
const hasOptions = ({ members }: Described) =>
  members.some(({ name, types }) => name !== '[name]' && types.some(type => type.getCallSignatures().length === 0))

class Writer {
  readonly silent: string[] = []
  readonly #types: WrittenTypes
  /** Objects that have a section of their own, or have had one. */
  readonly #told = new Set<string>(ROOTS.map(([, , name]) => name))

  constructor(types: WrittenTypes) {
    this.#types = types
  }

  /** A type, and below it the objects that its members may be. */
  part(heading: string, described: Described): string {
    return [`## ${heading}\n`, ...this.#linesOf(described), ...this.#within(described)].join('\n')
  }

  #within({ members }: Described): string[] {
    return members.flatMap(member =>
      this.#types.objectsIn(member).flatMap(object => {
        if (this.#told.has(object.name) || !hasOptions(object)) return []
        this.#told.add(object.name)
        return [`### ${object.name}\n`, ...this.#linesOf(object), ...this.#within(object)]
      }),
    )
  }

  #linesOf({ name, text, members }: Described): string[] {
    const about = text === '' ? [] : [wrapped(text), '']
    return [...about, ...members.map(member => this.#item(name, member)), '']
  }

  #item(owner: string, member: Member): string {
    const { name, type, isNeeded, tags } = member
    this.silent.push(...lacksOf(member).map(lack => `${owner}.${name}: ${lack}`))
    const needed = isNeeded ? ', needed' : ''
    const text = hoverOf(member)
    const example = tags.example === undefined ? '' : ` Example: \`${tags.example.replaceAll('`', "'")}\`.`
    return wrapped(`- **\`${name}\`** \`${type}\`${needed}${text === '' ? '' : `: ${text}`}${example}`, '  ')
  }
}

interface VitestSchema {
  description: string
  properties: Record<string, { description: string }>
}

/** The keys of `x-vitest`, as its schema has them. */
function suites(): string {
  const { description, properties } = JSON.parse(readFileSync('schemas/x-vitest.v1.json', 'utf8')) as VitestSchema
  const items = Object.entries(properties).map(([name, { description }]) =>
    wrapped(`- **\`${name}\`**: ${description}`, '  '),
  )
  const schemas = 'Schemas for editors and other tools are in `schemas/` of the package: `arazzo.v1.json` (documents, '
  const more =
    'with [`x-events`](events.md) of steps and `x-load-test`, which takes the keys of `load` and also `name`, ' +
    '`budgets`, `transport`, `traceparent`, `requestTimeout`,'
  const last = '`protocol`, `target`, `targets`, `setup` and `teardown`), `x-vitest.v1.json` and `result.v1.json`.'
  return [
    '## `x-vitest` in documents\n',
    wrapped(description),
    '',
    ...items,
    '',
    wrapped(`${schemas}${more} ${last}`),
    '',
  ].join('\n')
}
