import { relative, resolve } from 'node:path'
import ts from 'typescript'
import { isUnread, programOf, writtenName } from '../builders/program.ts'
import { root } from '../builders/sources.ts'

/** Everything that users call, by the file that exports it. */
const ENTRIES = ['plugin/index.ts', 'src/index.ts', 'plugin/plugin.ts', 'plugin/matchers/types.ts']

/** Options of functions whose parameters depend on what they are called with: the types of those tell less. */
const GENERIC = /^(LoadTestOptions|WorkflowOptions)$/

/**
 * Every object that users can write as an argument of what the package exports, by the name of its type, or, where it
 * has none, by that of the object it is in and the key: `LoadShape`, `TargetBudgets`, `LoadShape.adaptive`. Read from
 * the types, so that an object that comes to them later is in it.
 *
 * @param without names of types that are left out with all that is in them.
 */
export function publicObjects(without: RegExp): Map<string, readonly string[]> {
  const program = programOf(ENTRIES)
  const walk = new Walk(program.getTypeChecker(), without)
  for (const entry of ENTRIES) walk.exportsOf(program.getSourceFile(resolve(root, entry))!)
  return walk.found
}

class Walk {
  readonly found = new Map<string, readonly string[]>()
  readonly #checker: ts.TypeChecker
  readonly #seen = new Set<ts.Type>()

  readonly #without: RegExp

  constructor(checker: ts.TypeChecker, without: RegExp) {
    this.#without = without
    this.#checker = checker
  }

  exportsOf(file: ts.SourceFile): void {
    const symbols = this.#checker
      .getExportsOfModule(this.#checker.getSymbolAtLocation(file)!)
      .map(symbol => (symbol.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(symbol) : symbol))
    for (const symbol of symbols)
      if (GENERIC.test(symbol.name)) this.#visit(this.#checker.getDeclaredTypeOfSymbol(symbol), symbol.name)
    for (const symbol of symbols) {
      const isValue = (symbol.flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Variable)) !== 0
      const isMatchers = symbol.name === 'ArazzoMatchers'
      if (isMatchers)
        for (const member of this.#checker.getDeclaredTypeOfSymbol(symbol).getProperties()) this.#calls(member)
      if (isValue) this.#calls(symbol)
    }
  }

  /** Parameters of a function, and of those it has: `loadTest.each`. */
  #calls(symbol: ts.Symbol): void {
    const type = this.#checker.getTypeOfSymbol(symbol)
    if (isUnread(type)) throw new Error(`${symbol.name} is of a type that was not read.`)
    for (const signature of type.getCallSignatures())
      for (const parameter of signature.getParameters())
        this.#visit(this.#checker.getTypeOfSymbol(parameter), `${symbol.name}()`)
  }

  /** @param place what it is called when it has no name. */
  #visit(given: ts.Type, place: string): void {
    const type = this.#checker.getNonNullableType(given)
    if (isUnread(type)) throw new Error(`${place} is of a type that was not read.`)
    if (type.isUnion()) {
      for (const one of type.types) this.#visit(one, type.aliasSymbol?.name ?? place)
      return
    }
    if ((type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) === 0 || this.#seen.has(type)) return
    this.#seen.add(type)
    if (this.#checker.isArrayType(type) || this.#checker.isTupleType(type)) {
      for (const item of this.#checker.getTypeArguments(type as ts.TypeReference)) this.#visit(item, place)
      return
    }
    if (type.getCallSignatures().length > 0 || !this.#isOurs(type)) return
    const name = writtenName(type) ?? place
    if (this.#without.test(name)) return
    const properties = type.getProperties().filter(property => property.name !== '__brand')
    if (properties.length > 0)
      this.found.set(name, [...(this.found.get(name) ?? []), ...properties.map(({ name }) => name)])
    for (const { type: value } of this.#checker.getIndexInfosOfType(type)) this.#visit(value, name)
    for (const property of properties) this.#visit(this.#checker.getTypeOfSymbol(property), `${name}.${property.name}`)
  }

  /** Those of the language and of Node (URL, AbortSignal) are not for us to check. */
  #isOurs(type: ts.Type): boolean {
    const declarations = [type.symbol, type.aliasSymbol].flatMap(symbol => symbol?.declarations ?? [])
    if (declarations.length === 0) return true
    return (
      declarations.some(node => /^(src|plugin)\//.test(relative(root, node.getSourceFile().fileName))) ||
      type.aliasSymbol !== undefined
    )
  }
}
