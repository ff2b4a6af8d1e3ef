import { CsvError, parse } from 'csv-parse/sync'
import type { JsonSchema } from '../../document/model.ts'
import { exactNumber, parseJson } from '../../ground/json.ts'
import { tried } from '../../ground/tried.ts'
import type { Row } from './rows.ts'
import { propertiesOf } from './source.ts'

/**
 * Rows of CSV text whose first line names the columns. Throws an Error that says what is wrong, without the file's
 * name.
 */
export function readCsv(text: string, delimiter: string, schema: JsonSchema | undefined): Row[] {
  const properties = propertiesOf(schema)
  try {
    const records: { record: Record<string, string>; info: { lines: number } }[] = parse(text, {
      columns: (names: string[]) => names.map(name => name.trim()),
      bom: true,
      delimiter,
      info: true,
      skip_empty_lines: true,
    })
    return records.map(({ record, info }) => ({ line: info.lines, values: typed(record, properties) }))
  } catch (error) {
    // Messages of csv-parse end with the value, which may be a password.
    if (error instanceof CsvError) throw new Error(error.message.replace(/, value is .*/s, ''))
    throw error
  }
}

function typed(record: Record<string, string>, properties: Record<string, JsonSchema>) {
  const values = Object.entries(record).flatMap(([name, cell]) => {
    const value = typedCell(cell, typesOf(properties[name]))
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.fromEntries(values)
}

function typesOf(schema: JsonSchema | undefined): readonly unknown[] {
  if (typeof schema !== 'object' || schema === null || schema.type === undefined) return ['string']
  return Array.isArray(schema.type) ? schema.type : [schema.type]
}

/**
 * A cell as its column's type has it. What cannot be that stays text, for the schema to refuse. An empty cell is no
 * text where text is not allowed: it is null where that is, and else no value at all.
 */
function typedCell(cell: string, types: readonly unknown[]): unknown {
  const text = cell.trim()
  if (text === '' && !types.includes('string')) return types.includes('null') ? null : undefined
  const isNumber = types.includes('number') || types.includes('integer')
  if (isNumber && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return exactNumber(text)
  if (types.includes('boolean') && /^(true|false)$/i.test(text)) return text.toLowerCase() === 'true'
  if ((types.includes('object') && text.startsWith('{')) || (types.includes('array') && text.startsWith('[')))
    return tried(() => parseJson(text)) ?? cell
  return cell
}
