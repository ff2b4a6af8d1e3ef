/** What the target answers with: made once, so that every generator gets the same bytes. */

export const plain = JSON.stringify({
  id: 'item-4',
  name: 'A plain item of the target',
  status: 'ok',
  price: 12.5,
  stock: 4000,
})

export const token = 'c2hvcC1kZW1vLXRva2Vu'
export const loggedIn = JSON.stringify({ token })
export const ordered = JSON.stringify({ id: 'order-17', item: 'item-4', count: 2, total: 25 })

const few = Array.from({ length: 10 }, (_, n) => ({ id: `item-${n + 1}`, name: `Item ${n + 1}`, price: 9.5 + n }))
export const list = JSON.stringify({ items: few.map(({ id, name }) => ({ id, name })) })
/** Of `/items/item-4`. */
export const item = JSON.stringify(few[3])

/**
 * `{ id, items: [...], total }` of about this many bytes: `id` is early, `total` late.
 * @param variant each is another document, most of another length.
 */
export function document(bytes: number, variant = 0): string {
  const items: unknown[] = []
  for (let length = 60, n = 1; length < bytes; n++) {
    const next = {
      id: `item-${n}`,
      name: `Item ${n} of a ${'very '.repeat((n * variant) % 7)}long list`,
      price: (n + variant) / 4,
      tags: ['bench', 'json'],
      stock: (n * (variant + 1)) % 90,
    }
    items.push(next)
    length += JSON.stringify(next).length + 1
  }
  return JSON.stringify({ id: 'list-1', items, total: items.length })
}
