import { onTestFailed } from 'vitest'

/** What several tests look at, made by the first that does; made anew for one that is tried again. */
export function shared<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    onTestFailed(() => {
      made = undefined
    })
    made ??= make()
    return made
  }
}
