import { readFileSync } from 'node:fs'
import { builtFile } from '../../load/run/worker-file.ts'

/** The page's script, built into one file beside the package's others. Throws when the package was not built. */
export function clientScript(): string {
  return readFileSync(builtFile('report-client.js', { verb: 'write', thing: 'the HTML report' }), 'utf8').replaceAll(
    '</script',
    '<\\/script',
  )
}
