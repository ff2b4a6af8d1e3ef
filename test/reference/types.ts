import { relative, resolve } from 'node:path'
import ts from 'typescript'
import { parse } from 'yaml'
import { isUnread, programOf, writtenName } from '../builders/program.ts'
import { root } from '../builders/sources.ts'

/*
 * What users may write, read from the types: for docs/reference/options.md, and for the schema of `x-load-test`.
 */

/** One key of an object that users write. */
export interface Member {
  /** `rps`; `[name]` where the name is the user's, and its form where it has one: `p${number}`. */
  name: string
  /** Its type as it is written. */
  type: string
  types: readonly ts.Type[]
  /** Its docstring, on one line. */
  text: string
  /** What its tags say: `@default`, `@example` and `@deprecated`. */
  tags: Tags
  isNeeded: boolean
  /** Whether it may be left out wherever it may stand. */
  isOptional: boolean
}

interface Tags {
  default?: string
  example?: string
  deprecated?: string
}

/** An object that users write: of a union, the members of all that it may be. */
export interface Described {
  name: string
  text: string
  members: readonly Member[]
}

type Schema = Record<string, unknown>

export class WrittenTypes {
  readonly #program: ts.Program
  readonly #checker: ts.TypeChecker

  constructor(files: readonly string[]) {
    this.#program = programOf(files)
    this.#checker = this.#program.getTypeChecker()
  }

  /** A type by the file it stands in and its name. Throws where there is none. */
  typeOf(file: string, name: string): ts.Type {
    const source = this.#program.getSourceFile(resolve(root, file))
    const found = source?.statements.find(
      (node): node is ts.InterfaceDeclaration | ts.TypeAliasDeclaration =>
        (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) && node.name.text === name,
    )
    if (found === undefined) throw new Error(`${file} has no type ${name}`)
    return this.#checker.getTypeAtLocation(found.name)
  }

  describe(name: string, type: ts.Type): Described {
    return { name, text: this.#textOf(type.aliasSymbol ?? type.symbol), members: this.#membersOf(type) }
  }

  /** The named objects of ours that a member may be, in the order in which they are named. */
  objectsIn(member: Pick<Member, 'types'>): Described[] {
    const found = new Map<string, Described>()
    for (const object of this.#objectsIn(member)) {
      const before = found.get(object.name)
      const members = new Map<string, Member>()
      for (const one of [...(before?.members ?? []), ...object.members]) add(members, one)
      found.set(object.name, { ...object, text: before?.text || object.text, members: [...members.values()] })
    }
    return [...found.values()]
  }

  #objectsIn({ types }: Pick<Member, 'types'>): Described[] {
    return types.flatMap(type => {
      if ((type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) === 0) return []
      if (this.#checker.isArrayType(type) || this.#checker.isTupleType(type))
        return this.#checker
          .getTypeArguments(type as ts.TypeReference)
          .flatMap(item => this.#objectsIn({ types: parts(item) }))
      const values = this.#checker.getIndexInfosOfType(type).flatMap(({ type }) => parts(type))
      const within = values.length > 0 && !this.#isNamed(type) ? this.#objectsIn({ types: values }) : []
      return this.#isNamed(type) ? [this.describe(writtenName(type)!, type)] : within
    })
  }

  #isNamed(type: ts.Type): boolean {
    const declared = (type.aliasSymbol ?? type.symbol)?.declarations?.[0]
    const file = declared && relative(root, declared.getSourceFile().fileName)
    const isObject = (type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) !== 0
    return (
      isObject &&
      type.getCallSignatures().length === 0 &&
      /^(src|plugin)\//.test(file ?? '') &&
      writtenName(type) !== undefined
    )
  }

  #membersOf(type: ts.Type): Member[] {
    const objects = parts(this.#checker.getNonNullableType(type)).filter(one => this.#isObject(one))
    const found = new Map<string, Member>()
    for (const object of objects) {
      for (const property of object.getProperties()) {
        const written = this.#checker.getNonNullableType(this.#checker.getTypeOfSymbol(property))
        // What cannot be written, in one part of a union.
        if (written.flags & ts.TypeFlags.Never) continue
        // Written out for editors only: the member `p${number}` is about these, too.
        if (/^p\d+$/.test(property.name)) continue
        if (isUnread(written)) throw new Error(`${property.name} is of a type that was not read.`)
        const isOptional = (property.flags & ts.SymbolFlags.Optional) !== 0
        const type = declaredType(property.valueDeclaration) ?? this.#written(written)
        const isNeeded = !isOptional && objects.length === 1
        const [text, tags] = [this.#textOf(property), tagsOf(property.getJsDocTags(this.#checker))]
        add(found, { name: property.name, type, types: parts(written), text, tags, isNeeded, isOptional })
      }
      for (const { keyType, type, declaration } of this.#checker.getIndexInfosOfType(object)) {
        const form = keyType.flags & ts.TypeFlags.TemplateLiteral ? this.#checker.typeToString(keyType) : '[name]'
        const text = declaration ? commentOf(declaration) : ''
        const given = this.#checker.getNonNullableType(type)
        const written = declaredType(declaration)?.replace(/ \| undefined$/, '') ?? this.#written(given)
        const tags = declaration ? tagsOfNode(declaration) : {}
        add(found, {
          name: form.replaceAll('`', ''),
          type: written,
          types: parts(given),
          text,
          tags,
          isNeeded: false,
          isOptional: true,
        })
      }
    }
    return [...found.values()]
  }

  #written(type: ts.Type): string {
    const flags = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope
    const text = this.#checker.typeToString(type, undefined, flags)
    return text.replaceAll(/^readonly | \| undefined|readonly /g, '').replaceAll('false | true', 'boolean')
  }

  #textOf(symbol: ts.Symbol | undefined): string {
    const parts = symbol?.getDocumentationComment(this.#checker) ?? []
    return oneLine(ts.displayPartsToString(parts))
  }

  #isObject(type: ts.Type): boolean {
    const isObject = (type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) !== 0
    return isObject && !this.#checker.isArrayType(type) && !this.#checker.isTupleType(type)
  }

  /* ---- JSON Schema ---- */

  /** What editors need to complete it: of a union of objects, all keys of all of them. */
  schemaOf(types: readonly ts.Type[]): Schema {
    const written = types.filter(type => type.getCallSignatures().length === 0)
    const objects = written.filter(type => this.#isObject(type))
    const words = written.flatMap(type => (type.isStringLiteral() ? [type.value] : []))
    const plain = ['string', 'number', 'boolean'].filter(name => written.some(type => isPlain(type, name)))
    const patterns = written.flatMap(type =>
      type.flags & ts.TypeFlags.TemplateLiteral ? [{ type: 'string', pattern: patternOf(type, this.#checker) }] : [],
    )
    const lists = written.flatMap(type => (this.#isObject(type) ? [] : this.#listOf(type)))
    const choices: Schema[] = [
      ...(words.length > 0 && !plain.includes('string') ? [{ enum: words }] : []),
      ...(plain.length > 0 ? [{ type: plain.length === 1 ? plain[0] : plain }] : []),
      ...patterns,
      ...lists,
      ...(objects.length > 0 ? [this.#objectOf(objects)] : []),
    ]
    return choices.length === 1 ? choices[0]! : choices.length === 0 ? {} : { anyOf: choices }
  }

  #listOf(type: ts.Type): Schema[] {
    if (!this.#checker.isArrayType(type) && !this.#checker.isTupleType(type)) return []
    const items = this.#checker.getTypeArguments(type as ts.TypeReference).flatMap(parts)
    return [{ type: 'array', items: this.schemaOf(unique(items)) }]
  }

  #objectOf(objects: readonly ts.Type[]): Schema {
    const members = new Map<string, Member>()
    for (const object of objects)
      for (const member of this.#membersOf(object)) {
        const before = members.get(member.name)
        const types = unique([...(before?.types ?? []), ...member.types])
        const tags = { ...member.tags, ...before?.tags }
        members.set(member.name, { ...member, text: before?.text || member.text, tags, types })
      }
    const properties: Record<string, Schema> = {}
    const patterns: Record<string, Schema> = {}
    let others: Schema | false = false
    for (const { name, types, ...words } of members.values()) {
      const schema = { ...wordsFor(words), ...this.schemaOf(types) }
      if (name === '[name]') others = schema
      else if (name.includes('${')) patterns[`^${name.replace('${number}', String.raw`\d+(\.\d+)?`)}$`] = schema
      else properties[name] = schema
    }
    return {
      type: 'object',
      properties,
      ...(Object.keys(patterns).length > 0 && { patternProperties: patterns }),
      additionalProperties: others,
    }
  }
}

/** Adds a member to those of the same name. */
function add(found: Map<string, Member>, own: Member): void {
  const before = found.get(own.name)
  if (before === undefined) return void found.set(own.name, own)
  const isSame = before.type === own.type || before.type.split(' | ').includes(own.type)
  found.set(own.name, {
    ...before,
    types: unique([...before.types, ...own.types]),
    type: isSame ? before.type : `${before.type} | ${own.type}`,
    text: before.text || own.text,
    tags: { ...own.tags, ...before.tags },
    isNeeded: before.isNeeded && own.isNeeded,
    isOptional: before.isOptional && own.isOptional,
  })
}

/** What an editor shows of an option. */
export function wordsFor({ text, tags }: Pick<Member, 'text' | 'tags'>): Schema {
  const description = hoverOf({ text, tags })
  return {
    ...(description !== '' && { description }),
    ...(tags.example !== undefined && { examples: [exampleOf(tags.example)] }),
    ...(tags.deprecated !== undefined && { deprecated: true }),
  }
}

/** The docstring of an option with its default. */
export function hoverOf({ text, tags }: Pick<Member, 'text' | 'tags'>): string {
  const parts = [text, tags.deprecated && `Deprecated: ${tags.deprecated}`, tags.default && `Default: ${tags.default}.`]
  return parts.filter(Boolean).join(' ')
}

/** An example as data: those that a document can have are written as YAML is. */
const exampleOf = (example: string): unknown => parse(example.replaceAll(/(?<=\d)_(?=\d)/g, ''))

function tagsOf(tags: readonly ts.JSDocTagInfo[]): Tags {
  const found = tags.map(({ name, text }) => [name, oneLine(ts.displayPartsToString(text))])
  return Object.fromEntries(found.filter(([name]) => /^(default|example|deprecated)$/.test(name!)))
}

function tagsOfNode(node: ts.Node): Tags {
  const found = ts
    .getJSDocTags(node)
    .map(tag => [tag.tagName.text, oneLine(ts.getTextOfJSDocComment(tag.comment) ?? '')])
  return Object.fromEntries(found.filter(([name]) => /^(default|example|deprecated)$/.test(name!)))
}

/** A type as it is written; undefined where it says less than what it stands for. */
function declaredType(declaration: ts.Declaration | undefined): string | undefined {
  const isTyped = declaration && (ts.isPropertySignature(declaration) || ts.isIndexSignatureDeclaration(declaration))
  const text = isTyped && declaration.type ? oneLine(declaration.type.getText()) : undefined
  return text === undefined || /\['|\bStages\b/.test(text) ? undefined : text.replaceAll('readonly ', '')
}

const unique = <T>(items: readonly T[]): T[] => [...new Set(items)]

/** The types that a value may have. */
function parts(type: ts.Type): ts.Type[] {
  const all = type.isUnion() ? type.types : [type]
  return all.filter(one => (one.flags & (ts.TypeFlags.Undefined | ts.TypeFlags.Null)) === 0)
}

function isPlain(type: ts.Type, name: string): boolean {
  if (name === 'string') return (type.flags & ts.TypeFlags.String) !== 0
  if (name === 'number') return (type.flags & ts.TypeFlags.NumberLike) !== 0
  return (type.flags & ts.TypeFlags.BooleanLike) !== 0
}

function patternOf(type: ts.Type, checker: ts.TypeChecker): string {
  const written = checker.typeToString(type).replaceAll('`', '')
  return `^${written.replaceAll('${number}', String.raw`\d+(\.\d+)?`)}$`
}

function commentOf(node: ts.Node): string {
  const [comment] = ts.getJSDocCommentsAndTags(node)
  return oneLine(ts.getTextOfJSDocComment(comment?.comment as string | undefined) ?? '')
}

const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ').trim()
