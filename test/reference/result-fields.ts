import { readFileSync } from 'node:fs'
import { wrapped } from './wrap.ts'

interface Schema {
  description?: string
  type?: string
  enum?: readonly unknown[]
  properties?: Record<string, Schema>
  additionalProperties?: Schema | boolean
  items?: Schema
}

const HEAD = `# Fields of result.json

Every field of \`result.json\`, from \`schemas/result.v1.json\`; \`npm run reference\` writes this page.
Their use: [results for programs](results.md). If a name is the user's own, it stands
as \`<name>\`; \`[]\` is each item of a list.
`

/** Every field with its words, those of a part below its heading. */
export function resultFields(): string {
  const schema = JSON.parse(readFileSync('schemas/result.v1.json', 'utf8')) as Schema
  const { report, ...own } = schema.properties!
  const parts = Object.entries(report!.properties!).map(([name, field]) => {
    const items = itemsOf(within(field), '')
    const about = wrapped([typeOf(field), field.description].filter(Boolean).join(': '))
    return [`### \`report.${name}\`\n`, about, ...(items.length > 0 ? ['', ...items] : []), ''].join('\n')
  })
  return [HEAD, '## The file\n', ...itemsOf(own, ''), '', '## `report`\n', ...parts].join('\n')
}

/** Fields below a field, by name: of an object, of the items of a list, of what users have named. */
function within({ properties, items, additionalProperties }: Schema): Record<string, Schema> {
  const ofUser = typeof additionalProperties === 'object' && Object.keys(additionalProperties).length > 0
  return { ...properties, ...(items && { '[]': items }), ...(ofUser && { '<name>': additionalProperties }) }
}

function itemsOf(fields: Record<string, Schema>, before: string): string[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const path = before === '' ? name : name === '[]' ? `${before}[]` : `${before}.${name}`
    const below = itemsOf(within(field), path)
    // What only holds others has nothing to say.
    if (field.description === undefined && below.length > 0) return below
    const type = typeOf(field)
    const words = `- **\`${path}\`**${type === '' ? '' : ` ${type}`}${field.description ? `: ${field.description}` : ''}`
    return [wrapped(words, '  '), ...below]
  })
}

function typeOf({ type, enum: values }: Schema): string {
  if (values !== undefined) return values.map(value => `\`${JSON.stringify(value)}\``).join(', ')
  return type === 'array' ? 'a list' : type === undefined ? '' : `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`
}
