import fc from 'fast-check'

type Texts = fc.Arbitrary<string>

/** Every character of a text as `\uXXXX`. */
export const escaped = (text: string): string =>
  [...text].map(c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')

/** Lists and objects of values, as JSON with blanks in any place, and empty ones. */
export const containersOf = (
  value: Texts,
  name: Texts,
  space: Texts,
  most: { items: number; members: number },
): Texts => {
  const many = (parts: readonly Texts[], maxLength: number) =>
    fc.array(
      fc.tuple(...parts).map(texts => texts.join('')),
      { maxLength },
    )
  return fc.oneof(
    many([space, value, space], most.items).map(items => `[${items.join(',')}]`),
    many([space, name, space, fc.constant(':'), space, value, space], most.members).map(all => `{${all.join(',')}}`),
    fc.constantFrom('[ ]', '{ }', '{}', '[]'),
  )
}
