/** A promise that is settled from elsewhere: `Promise.withResolvers`, which Node.js has from version 22 on. */
export class Deferred<T = void> {
  resolve!: (value: T) => void
  reject!: (error: unknown) => void
  readonly promise = new Promise<T>((resolve, reject) => {
    this.resolve = resolve
    this.reject = reject
  })
}
