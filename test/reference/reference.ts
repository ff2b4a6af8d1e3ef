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

Every option in a line; [their details](option-details.md) are on a page of their own. What the words
mean: [reading the numbers](../guide/reading-the-numbers.md). A \`Duration\` is milliseconds, or
text with a unit: \`'30s'\`, \`'250ms'\`, \`'1m30s'\`. A \`Bound\` is a number in the unit of its metric,
or text with a unit and, if wanted, an operator: \`'100ms'\`, \`'< 100ms'\`, \`'>= 1000'\`,
\`'base + 10%'\`. A \`Secret\` is text, \`{ env: 'NAME' }\` or \`{ file: 'path' }\`. The matcher
\`toSustain(rate, options)\` takes the keys of \`capacity\` and those of \`runLoad\`.
`

const HEAD_OF_DETAILS = `# Options in detail

Every option of [the tables](options.md), as its type in the package has it; \`npm run reference\`
writes both pages.
`

/** The pages, and what is missing in them. */
export interface Reference {
  tables: string
  details: string
  /** Options whose docstring says too little, with what it does not say: `LoadShape.rps: example`. */
  silent: readonly string[]
}

export function referenceOf(types: WrittenTypes): Reference {
  const writer = new Writer(types)
  const sections = [
    ...ROOTS.flatMap(([heading, file, name]) =>
      writer.part(`## ${heading}`, types.describe(name, types.typeOf(file, name))),
    ),
    suites(),
  ]
  const page = (head: string, textOf: (section: Section) => string) =>
    [head, ...sections.map(section => `${section.heading}\n\n${textOf(section)}\n`)].join('\n')
  return {
    tables: `${page(HEAD, ({ rows }) => tableOf(rows))}\n${SCHEMAS}\n`,
    details: page(HEAD_OF_DETAILS, ({ about, items }) => [...about, ...items].join('\n')),
    silent: writer.silent,
  }
}

/** A heading, and what stands below it on each of the two pages. */
interface Section {
  heading: string
  rows: readonly (readonly string[])[]
  about: readonly string[]
  items: readonly string[]
}

function tableOf(rows: Section['rows']): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(['option', 'type', 'default', 'meaning']), '| --- | --- | --- | --- |', ...rows.map(line)].join('\n')
}

const CLAUSE_END = /[.;] |: (?!['"{]|[^{]*\})|[.:;]$|, (?=(?:else|unless|which|so that|by|as|with|even|also) )/

/** A text up to the end of its first clause that is no part of code, and has more than three words. */
function firstClause(text: string): string {
  let clause = ''
  for (const [i, part] of text.split(/(`[^`]*`)/).entries()) {
    let rest = part
    for (let end = i % 2 === 0 ? CLAUSE_END.exec(rest) : null; end !== null; end = CLAUSE_END.exec(rest)) {
      const before = clause + rest.slice(0, end.index)
      if (end[0] === '. ' || before.split(' ').length > 3) return before
      clause = before + end[0]
      rest = rest.slice(end.index + end[0].length)
    }
    clause += rest
  }
  return clause.replace(/[.:;,]? ?$/, '')
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

  /** A type, and after it the objects that its members may be. */
  part(heading: string, described: Described): Section[] {
    const { name, text, members } = described
    const section = {
      heading,
      rows: members.map(rowOf),
      about: text === '' ? [] : [wrapped(text), ''],
      items: members.map(member => this.#item(name, member)),
    }
    return [section, ...this.#within(described)]
  }

  #within({ members }: Described): Section[] {
    return members.flatMap(member =>
      this.#types.objectsIn(member).flatMap(object => {
        if (this.#told.has(object.name) || !hasOptions(object)) return []
        this.#told.add(object.name)
        return this.part(`### ${object.name}`, object)
      }),
    )
  }

  #item(owner: string, member: Member): string {
    const { name, isNeeded, tags } = member
    this.silent.push(...lacksOf(member).map(lack => `${owner}.${name}: ${lack}`))
    const needed = isNeeded ? ', needed' : ''
    const text = hoverOf(member)
    const example = tags.example === undefined ? '' : ` Example: \`${tags.example.replaceAll('`', "'")}\`.`
    return wrapped(`- **\`${name}\`** \`${typeOf(member)}\`${needed}${text === '' ? '' : `: ${text}`}${example}`, '  ')
  }
}

/** A type in which no alternative comes twice. */
const typeOf = ({ type }: Member) => (/[({<[]/.test(type) ? type : [...new Set(type.split(' | '))].join(' | '))

function rowOf(member: Member): string[] {
  const { name, isNeeded, text, tags } = member
  const value = tags.default ?? defaultIn(text)
  return [
    `\`${name}\``,
    `\`${typeOf(member)}\``,
    isNeeded ? 'needed' : value.length > 60 ? value.replace(/(?: \(|, ).*/, '') : value,
    firstClause(text),
  ]
}

/** The default that a text has: `Default 10 s.`, `'30s' (the default)`, `by default as long as it`. */
function defaultIn(text: string): string {
  const [, told, marked] = /\bDefault:? ((?:`[^`]*`|[^.`;]|\.(?! |$))+)|(\S+)(?: \(|, )the default/.exec(text) ?? []
  return told ?? marked ?? ''
}

interface VitestSchema {
  description: string
  properties: Record<string, { description: string; type?: string | string[] }>
}

/** The keys of `x-vitest`, as its schema has them. */
function suites(): Section {
  const { description, properties } = JSON.parse(readFileSync('schemas/x-vitest.v1.json', 'utf8')) as VitestSchema
  const all = Object.entries(properties)
  return {
    heading: '## `x-vitest` in documents',
    rows: all.map(([name, { description, type = '' }]) => [
      `\`${name}\``,
      [type].flat().join(' | '),
      '',
      firstClause(description),
    ]),
    about: [wrapped(description), ''],
    items: all.map(([name, { description }]) => wrapped(`- **\`${name}\`**: ${description}`, '  ')),
  }
}

const SCHEMAS = wrapped(
  'Schemas for editors and other tools are in `schemas/` of the package: `arazzo.v1.json` (documents, ' +
    'with [`x-events`](events.md) of steps and `x-load-test`, which takes the keys of `load` and also `name`, ' +
    '`budgets`, `transport`, `traceparent`, `requestTimeout`, ' +
    '`protocol`, `target`, `targets`, `setup` and `teardown`), `x-vitest.v1.json` and `result.v1.json`.',
)
