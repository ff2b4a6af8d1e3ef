/** The open containers around a place in a document: a byte each (`{` or `[`), kept for the next document. */
export class Stack {
  depth = 0
  containers = new Uint8Array(64)

  push(container: number): void {
    if (++this.depth === this.containers.length) this.grow()
    this.containers[this.depth] = container
  }

  grow(): Uint8Array {
    const larger = new Uint8Array(this.containers.length * 2)
    larger.set(this.containers)
    this.containers = larger
    return larger
  }
}
