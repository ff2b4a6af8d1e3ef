/**
 * Whether tests with these tags may pass the filters. Never false for a test that does; exact but for expressions: a
 * test that has one of the tags named may have what they ask for. More tags never make it false.
 */
export function mayHaveTags(tags: readonly string[], filters: readonly string[]): boolean {
  return filters.every(filter => {
    if (/!|\bnot\b/i.test(filter)) return true
    const asked = filter.split(/[\s()&|]+/).filter(word => !/^(?:and|or)?$/i.test(word))
    return asked.some(tag =>
      tags.some(name => (tag.includes('*') ? name.startsWith(tag.split('*', 1)[0]!) : name === tag)),
    )
  })
}
