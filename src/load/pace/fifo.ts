/** A queue of numbers. Taking from it costs the same however long it is. */
export class Fifo {
  #values: number[] = []
  #head = 0

  get size(): number {
    return this.#values.length - this.#head
  }

  get first(): number | undefined {
    return this.#values[this.#head]
  }

  push(value: number): void {
    this.#values.push(value)
  }

  shift(): number | undefined {
    if (this.size === 0) return undefined
    const value = this.#values[this.#head++]
    if (this.#head > 1024 && this.#head * 2 > this.#values.length) {
      this.#values = this.#values.slice(this.#head)
      this.#head = 0
    }
    return value
  }
}
