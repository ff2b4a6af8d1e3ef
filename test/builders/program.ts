import { dirname, resolve } from 'node:path'
import ts from 'typescript'
import { root } from './sources.ts'

const isOwn = (file: string) => file.startsWith(`${root}/src/`) || file.startsWith(`${root}/plugin/`)

/**
 * A program of the compiler, with the options of the repository, that reads what types need: from a source of ours it
 * follows the imports of types and what is exported on, to sources of ours alone, which takes a third of the time. What
 * comes from elsewhere has no type there (`isUnread`).
 *
 * @param files paths below the root, or absolute ones.
 * @param hasValues imports of values of ours are followed, too, which types may be made from.
 */
export function programOf(files: readonly string[], more: ts.CompilerOptions = {}, hasValues = false): ts.Program {
  const { config } = ts.readConfigFile(resolve(root, 'tsconfig.json'), ts.sys.readFile)
  // The files that the configuration includes are not asked for.
  const found = ts.parseJsonConfigFileContent(config, { ...ts.sys, readDirectory: () => [] }, root)
  const options = { ...found.options, ...more }
  // With parents, by which an import is told from an export.
  const host = ts.createCompilerHost(options, true)
  const read = host.getSourceFile.bind(host)
  // The types of browsers, which others refer to, are a third of all there is to read.
  host.getSourceFile = (file, ...others) =>
    /\/lib\.dom\.[\w.]*d\.ts$/.test(file)
      ? ts.createSourceFile(file, '', ts.ScriptTarget.Latest)
      : read(file, ...others)
  const cache = ts.createModuleResolutionCache(root, file => file, options)
  host.resolveModuleNameLiterals = (names, from, redirected, _, source) =>
    names.map(name => {
      if (!isOwn(from)) {
        const mode = ts.getModeForUsageLocation(source, name, options)
        return ts.resolveModuleName(name.text, from, options, host, cache, redirected, mode)
      }
      if (!name.text.startsWith('.') || !(hasValues || isOfTypes(name))) return { resolvedModule: undefined }
      const resolvedFileName = resolve(dirname(from), name.text)
      return { resolvedModule: { resolvedFileName, extension: ts.Extension.Ts } }
    })
  return ts.createProgram(
    files.map(file => resolve(root, file)),
    options,
    host,
  )
}

/** Whether an import brings types, or is an export of what another file has. */
function isOfTypes({ parent }: ts.StringLiteralLike): boolean {
  if (!ts.isImportDeclaration(parent)) return true
  const { isTypeOnly, namedBindings } = parent.importClause ?? {}
  if (isTypeOnly) return true
  return (
    namedBindings !== undefined &&
    ts.isNamedImports(namedBindings) &&
    namedBindings.elements.some(one => one.isTypeOnly)
  )
}

/** Whether a type is of a file that was not read, so that nothing is known of it. */
export const isUnread = (type: ts.Type): boolean => (type as { intrinsicName?: string }).intrinsicName === 'error'

/** Forms of one object of the documentation, each an interface of its own so that compilers name what is missing. */
const FORMS: readonly [form: RegExp, name: string | undefined][] = [
  [/^ServerWith\w+$/, 'ServerOptions'],
  [/^DependentWith\w+$/, 'OneOfServers'],
  [/^(__.*|Record|Omit|Partial|Readonly|Pick|SeveralServers|\w+Load)?$/, undefined],
]

/** Name under which an object is documented; undefined for one that only its place names. */
export function writtenName(type: ts.Type): string | undefined {
  const written = type.aliasSymbol?.name ?? type.symbol?.name ?? ''
  const form = FORMS.find(([pattern]) => pattern.test(written))
  return form === undefined ? written : form[1]
}
