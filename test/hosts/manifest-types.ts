import ts from 'typescript'

/** An object of Kubernetes. */
export interface Manifest {
  apiVersion: string
  kind: string
  metadata: { name: string }
}

const FILE = `${import.meta.dirname}/manifests.ts`

/**
 * What is wrong with manifests by the types of the Kubernetes API: kinds that are not there, fields that are not there,
 * that are missing or have a value of another type. In the words of the compiler.
 */
export function faultsByTypes(manifests: readonly Manifest[]): string[] {
  const text = manifests
    .map((manifest, index) => {
      const { apiVersion, kind } = manifest
      const module = apiVersion.includes('/') ? apiVersion : `core/${apiVersion}`
      const imported = `import type { ${kind} as Kind${index} } from 'kubernetes-types/${module}'`
      return `${imported}\nexport const manifest${index}: Kind${index} = ${JSON.stringify(manifest)}`
    })
    .join('\n')
  const options: ts.CompilerOptions = {
    noEmit: true,
    strict: true,
    skipLibCheck: true,
    types: [],
    lib: ['lib.es5.d.ts'],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  }
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists } = host
  host.fileExists = name => name === FILE || fileExists(name)
  host.getSourceFile = (name, ...rest) =>
    name === FILE ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2022) : getSourceFile(name, ...rest)
  const program = ts.createProgram([FILE], options, host)
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))
}
