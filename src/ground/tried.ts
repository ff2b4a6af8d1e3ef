/** Result of a function; undefined where it throws. */
export function tried<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch {
    return undefined
  }
}

/** Percent-encoding undone; the text as it is written where that cannot be done. */
export const decoded = (text: string): string =>
  text.includes('%') ? (tried(() => decodeURIComponent(text)) ?? text) : text
