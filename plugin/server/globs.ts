import { posix, win32 } from 'node:path'
import picomatch from 'picomatch'

/** Globs as users write them, as absolute ones; one that is absolute already stays as it is. */
export function absoluteGlobs(globs: readonly string[], root: string): string[] {
  return globs.map(glob => (glob.startsWith('!') ? `!${absolute(glob.slice(1), root)}` : absolute(glob, root)))
}

/** Whether a file is meant by absolute globs: by one that names it, and by none with `!` before it. */
export function globMatcher(globs: readonly string[]): (file: string) => boolean {
  const named = globs.filter(glob => !glob.startsWith('!')).flatMap(withContents)
  const leftOut = globs.filter(glob => glob.startsWith('!')).flatMap(glob => withContents(glob.slice(1)))
  const isMatch = picomatch(named, { dot: true, ignore: leftOut })
  return file => isMatch(slashed(file))
}

/** The folders below which all files are that globs can mean. */
export function foldersOf(globs: readonly string[]): string[] {
  const named = globs.filter(glob => !glob.startsWith('!'))
  return named.map(glob => picomatch.scan(glob).base.replaceAll(/\\(?=[*?|[\](){}!+@])/g, ''))
}

/** The name of a folder means all that is in it. */
const withContents = (glob: string): string[] => [glob, `${glob}/**`]

/** A folder or file as a glob that means just that. */
export function literalGlob(path: string): string {
  return slashed(path).replaceAll(/[\\*?|[\](){}!+@]/g, '\\$&')
}

function absolute(glob: string, root: string): string {
  const isAbsolute = posix.isAbsolute(glob) || win32.isAbsolute(glob)
  return isAbsolute ? glob : posix.join(literalGlob(root), glob)
}

/** Path with forward slashes, on any system. */
export function slashed(path: string): string {
  return process.platform === 'win32' ? path.replaceAll('\\', '/') : path
}
