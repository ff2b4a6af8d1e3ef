// Compiles the folder assembly to WebAssembly and writes it, in base64, where it is imported: npm run assembly
// With --check writes nothing, and fails where the module that is kept is of other sources.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
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
  const text = [
    '/** The folder assembly, compiled by `npm run assembly`. */',
    `export const MODULE = [\n${readFileSync(output)
      .toString('base64')
      .replaceAll(/.{1,100}/g, "  '$&',\n")}].join('')\n`,
  ].join('\n')
  if (!process.argv.includes('--check')) writeFileSync(kept, text)
  else if (readFileSync(kept, 'utf8') !== text) {
    console.error('Failed to check src/http/select/scan-module.ts: it is of other sources. Run npm run assembly.')
    process.exitCode = 1
  }
} finally {
  rmSync(folder, { recursive: true })
}
