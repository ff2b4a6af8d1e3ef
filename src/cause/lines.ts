/** A changed stretch of a file: lines of base, and the lines of head that stand for them. */
interface Hunk {
  base: { from: number; count: number }
  head: { from: number; count: number }
}

/** How the files of base became those of head. */
export class LineMap {
  /** By path of head. */
  readonly #hunks = new Map<string, Hunk[]>()
  /** Path in head of a file of base that was moved. */
  readonly #moved = new Map<string, string>()

  /** @param diff output of `git diff -U0 -M --no-color --no-prefix`. */
  constructor(diff = '') {
    let file: string | undefined
    let from: string | undefined
    for (const line of diff.split('\n')) {
      if (line.startsWith('diff --git ')) [file, from] = [undefined, undefined]
      else if (line.startsWith('rename from ')) from = unquoted(line.slice(12))
      const [, name] = /^(?:rename to|\+\+\+) (?!\/dev\/null$)(.*)/.exec(line) ?? []
      if (name !== undefined) {
        file = unquoted(name)
        this.#open(file, from)
      }
      const hunk = file === undefined ? null : HUNK.exec(line)
      if (hunk === null) continue
      const [baseFrom, baseCount, headFrom, headCount] = hunk.slice(1).map(part => Number(part ?? 1)) as number[]
      this.#hunks
        .get(file!)!
        .push({ base: { from: baseFrom!, count: baseCount! }, head: { from: headFrom!, count: headCount! } })
    }
  }

  #open(file: string, from: string | undefined): void {
    if (!this.#hunks.has(file)) this.#hunks.set(file, [])
    if (from !== undefined && from !== file) this.#moved.set(from, file)
  }

  /** Path in head of a file of base. */
  fileInHead(file: string): string {
    return this.#moved.get(file) ?? file
  }

  /** Line in head of a line of base; of a changed one, the same place in what stands for it. */
  lineInHead(file: string, line: number): number {
    let shift = 0
    for (const { base, head } of this.#hunks.get(this.fileInHead(file)) ?? []) {
      // A hunk without lines of base stands behind the line that it names.
      const end = base.count === 0 ? base.from : base.from + base.count - 1
      const start = base.count === 0 ? base.from + 1 : base.from
      if (line < start) break
      if (line <= end) return head.from + Math.min(line - base.from, Math.max(0, head.count - 1))
      shift += head.count - base.count
    }
    return line + shift
  }

  /** Whether a line of head within these two has changed. */
  isChanged(file: string, from: number, to: number): boolean {
    const hunks = this.#hunks.get(file) ?? []
    return hunks.some(({ head }) => head.from <= to && head.from + Math.max(1, head.count) - 1 >= from)
  }
}

const HUNK = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/

/** A path as git writes it: in quotes if it has special characters (`core.quotePath`). */
function unquoted(path: string): string {
  const trimmed = path.replace(/\t$/, '')
  if (!trimmed.startsWith('"')) return trimmed
  const bytes: number[] = []
  for (const [, octal, escaped, plain] of trimmed.slice(1, -1).matchAll(/\\([0-7]{3})|\\(.)|([^\\]+)/g)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8))
    else bytes.push(...Buffer.from(escaped ?? plain!))
  }
  return Buffer.from(bytes).toString()
}
