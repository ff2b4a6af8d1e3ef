import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'

const USERS = [
  { id: 'u1', username: 'demo', password: 'demo-password', name: 'Dee Demo' },
  { id: 'u2', username: 'grace', password: 'grace-password', name: 'Grace Example' },
]
const ADJECTIVES = ['Small', 'Round', 'Folding', 'Blue', 'Quiet', 'Heavy', 'Travel', 'Garden']
const NOUNS = ['kettle', 'lamp', 'chair', 'tent', 'kite', 'radio', 'bench', 'clock']
const COLOURS = ['red', 'green', 'white', 'black', 'oak']

/** Sessions, carts and orders kept at most of each; the oldest go first. */
const KEEP = 5_000

/** Everything the shop knows, in memory, behind calls that take as long as a database on the same network would. */
export function createStore() {
  const products = catalogue()
  const sessions = new Map()
  const carts = new Map()
  const orders = new Map()
  let payments = 0

  return {
    async login(username, password) {
      await takes(2, 6)
      const user = USERS.find(u => u.username === username && u.password === password)
      if (!user) return undefined
      const token = randomUUID()
      keep(sessions, token, user)
      return { token, user: { id: user.id, name: user.name } }
    },

    userOf: token => sessions.get(token),

    async search(words, limit) {
      await takes(2, 8)
      const wanted = words.toLowerCase().split(/\s+/).filter(Boolean)
      const found = products.filter(p => wanted.every(word => p.name.toLowerCase().includes(word)))
      return { total: found.length, items: found.slice(0, limit) }
    },

    async product(id) {
      await takes(1, 3)
      return products.find(p => p.id === id)
    },

    async openCart(user) {
      await takes(1, 3)
      const cart = { id: randomUUID(), owner: user.id, state: 'open', lines: [], total: 0 }
      keep(carts, cart.id, cart)
      return cart
    },

    async cart(id, user) {
      await takes(1, 2)
      const cart = carts.get(id)
      return cart?.owner === user.id ? cart : undefined
    },

    async addToCart(cart, product, quantity) {
      await takes(1, 4)
      const line = cart.lines.find(l => l.productId === product.id)
      if (line) line.quantity += quantity
      else cart.lines.push({ productId: product.id, name: product.name, price: product.price, quantity })
      cart.total = round(cart.lines.reduce((sum, l) => sum + l.price * l.quantity, 0))
      return cart
    },

    /** The payment provider takes its time, and turns away the first call and every fortieth after it. */
    async pay(cart) {
      await takes(3, 8)
      if (payments++ % 40 === 0) return undefined
      cart.state = 'paid'
      const order = {
        id: randomUUID(),
        owner: cart.owner,
        state: 'paid',
        lines: cart.lines,
        total: cart.total,
        placedAt: new Date().toISOString(),
      }
      keep(orders, order.id, order)
      return order
    },

    async order(id, user) {
      await takes(1, 3)
      const order = orders.get(id)
      return order?.owner === user.id ? order : undefined
    },
  }
}

function catalogue() {
  const products = []
  for (const noun of NOUNS) {
    for (const adjective of ADJECTIVES) {
      for (const colour of COLOURS) {
        const n = products.length
        products.push({
          id: `p${n + 1}`,
          name: `${adjective} ${colour} ${noun}`,
          price: round(9.5 + ((n * 37) % 200)),
          stock: 50 + (n % 7),
        })
      }
    }
  }
  return products
}

const takes = (least, most) => delay(least + Math.random() * (most - least))

const round = amount => Math.round(amount * 100) / 100

function keep(map, key, value) {
  map.set(key, value)
  if (map.size > KEEP) map.delete(map.keys().next().value)
}
