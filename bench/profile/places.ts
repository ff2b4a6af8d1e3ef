import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A line of a bundle that names the source of what follows. */
const MARK = /^\/\/ ((?:src|plugin|bench|node_modules)\/\S+)$/

/**
 * Names the source file of a place in the built package, which is bundled, but not minified: above the code of each
 * source the bundler has written its path.
 */
export function placesOf(): (url: string, line: number) => string {
  const marks = new Map<string, (string | undefined)[]>()
  const read = (file: string) => {
    let source: string | undefined
    return existsSync(file)
      ? readFileSync(file, 'utf8')
          .split('\n')
          .map(line => {
            source = MARK.exec(line)?.[1] ?? source
            return source
          })
      : []
  }
  return (url, line) => {
    if (!url.startsWith('file:')) return url
    const file = fileURLToPath(url)
    const lines = marks.get(file) ?? read(file)
    marks.set(file, lines)
    return lines[line] ?? file.replace(/^.*\/node_modules\//, '')
  }
}
