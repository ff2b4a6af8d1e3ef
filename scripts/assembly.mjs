// Compiles the folder assembly to WebAssembly and writes it, packed and in base64, where it is imported: npm run assembly
// With --check writes nothing, and fails where the module that is kept is of other sources.
import { Buffer } from 'node:buffer'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib'
import asc from 'assemblyscript/asc'

const root = fileURLToPath(new URL('..', import.meta.url))
const kept = join(root, 'src/http/select/scan-module.ts')
const folder = mkdtempSync(join(tmpdir(), 'assembly-'))

/** Of memory's start, which compilers leave free: tables come behind it. */
const TABLES = 1024

try {
  const output = join(folder, 'skip.wasm')
  const { error, stderr } = await asc.main([
    join(root, 'assembly/index.ts'),
    ...['-O3', '--noAssert', '--enable', 'simd', '--runtime', 'stub'],
    ...['--importMemory', '--memoryBase', String(TABLES), '--outFile', output],
  ])
  if (error) throw new Error(`Failed to compile assembly/index.ts: ${error.message}.\n${stderr}`)
  const made = readFileSync(output)
  if (!process.argv.includes('--check')) writeFileSync(kept, sourceOf(made))
  else if (!made.equals(moduleIn(readFileSync(kept, 'utf8')))) {
    console.error('Failed to check src/http/select/scan-module.ts: it is of other sources. Run npm run assembly.')
    process.exitCode = 1
  }
} finally {
  rmSync(folder, { recursive: true })
}

/** @param {Buffer} module */
function sourceOf(module) {
  const lines = brotliCompressSync(module)
    .toString('base64')
    .replaceAll(/.{1,112}/g, "  '$&',\n")
  return `/** The folder assembly, compiled by \`npm run assembly\`: Brotli in base64. */\nexport const MODULE = [\n${lines}].join('')\n`
}

/**
 * The packed form depends on the version of Node, its content does not.
 *
 * @param {string} source
 */
function moduleIn(source) {
  const text = [...source.matchAll(/^ {2}'(.*)',$/gm)].map(([, line]) => line).join('')
  return brotliDecompressSync(Buffer.from(text, 'base64'))
}
