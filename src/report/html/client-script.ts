import { readFileSync } from 'node:fs'
import { builtFile } from '../../load/run/worker-file.ts'

/** Script of the page, built into one file of the package. Throws if the package was not built. */
export function clientScript(): string {
  return readFileSync(builtFile('report-client.js', { verb: 'write', thing: 'the HTML report' }), 'utf8').replaceAll(
    '</script',
    '<\\/script',
  )
}
