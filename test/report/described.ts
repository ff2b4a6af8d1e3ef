import { resolve } from 'node:path'
import ts from 'typescript'
import { isUnread, programOf } from '../builders/program.ts'
import { root } from '../builders/sources.ts'

interface Schema {
  properties?: Record<string, Schema>
  items?: Schema
  additionalProperties?: Schema | boolean
  anyOf?: Schema[]
  const?: unknown
  enum?: unknown[]
  description?: string
}

/** Fields that the type and the schema do not both have: `report.rps is only in the type`. */
export type Gap = string

/**
 * Puts the comments of a type's members into the JSON Schema of the same values, before the unit that stands there, and
 * finds the members which one of the two lacks.
 */
export function describe(schema: object, file: string, name: string): Gap[] {
  const program = programOf([file], {}, true)
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(resolve(root, file))!
  const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(source)!)
  const described = exported.find(symbol => symbol.name === name)!
  const gaps: Gap[] = []

  function visit(schema: Schema, type: ts.Type, path: string): void {
    if (isUnread(type)) throw new Error(`${path} is of a type that was not read.`)
    const actual = checker.getNonNullableType(type)
    if (schema.anyOf) {
      const members = actual.isUnion() ? actual.types : [actual]
      for (const variant of schema.anyOf) visit(variant, members.find(member => isOf(member, variant)) ?? actual, path)
    } else if (schema.items) visit(schema.items, checker.getIndexTypeOfType(actual, ts.IndexKind.Number)!, `${path}[]`)
    else if (schema.properties && Object.keys(schema.properties).length > 0) members(schema.properties, actual, path)
    else if (typeof schema.additionalProperties === 'object') {
      const named = checker.getIndexTypeOfType(actual, ts.IndexKind.String)
      if (named) visit(schema.additionalProperties, named, `${path}.*`)
    }
  }

  function members(properties: Record<string, Schema>, type: ts.Type, path: string): void {
    const known = checker.getPropertiesOfType(type)
    for (const symbol of known)
      if (properties[symbol.name] === undefined) gaps.push(`${path}.${symbol.name} is only in the type`)
    for (const [name, schema] of Object.entries(properties)) {
      const symbol = known.find(symbol => symbol.name === name)
      if (symbol === undefined) {
        gaps.push(`${path}.${name} is only in the schema`)
        continue
      }
      const comment = ts.displayPartsToString(symbol.getDocumentationComment(checker)).replaceAll('\n', ' ')
      const texts = [comment, schema.description ?? ''].filter(text => text !== '')
      if (texts.length > 0) schema.description = texts.join(' ')
      // Names of doubts speak for themselves, and their texts for their figures.
      else if (!path.endsWith('doubts[]')) gaps.push(`${path}.${name} is not described`)
      visit(schema, checker.getTypeOfSymbol(symbol), `${path}.${name}`)
    }
  }

  /** Whether a member of a union is the one that a variant describes, by its kind. */
  function isOf(member: ts.Type, { properties }: Schema): boolean {
    const kind = member.getProperty('kind')
    const kinds = properties?.kind?.enum ?? []
    if (kind === undefined) return false
    const type = checker.getTypeOfSymbol(kind)
    const texts = type.isUnion() ? type.types : [type]
    return texts.length === kinds.length && texts.every(text => text.isStringLiteral() && kinds.includes(text.value))
  }

  visit(schema, checker.getDeclaredTypeOfSymbol(described), name)
  return gaps
}
