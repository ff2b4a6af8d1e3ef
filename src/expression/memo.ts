/**
 * Remembers what a function made of its last texts. For texts that hold values: few at a time, and new ones
 * for ever.
 */
export function memoize<T>(make: (text: string) => T, most = 256): (text: string) => T {
  const made = new Map<string, T>()
  return text => {
    const found = made.get(text)
    if (found !== undefined) return found
    const value = make(text)
    if (made.size >= most) made.delete(made.keys().next().value!)
    made.set(text, value)
    return value
  }
}
