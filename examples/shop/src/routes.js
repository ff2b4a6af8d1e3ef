const id = { type: 'string', minLength: 1, maxLength: 64 }

/** The shop's HTTP face; openapi.yaml says the same in words for its users. */
export async function routes(shop) {
  const { store } = shop
  const signedIn = { config: { signedIn: true } }

  shop.get('/health', async () => ({ status: 'ok' }))

  const credentials = {
    type: 'object',
    required: ['username', 'password'],
    properties: { username: { type: 'string', minLength: 1 }, password: { type: 'string', minLength: 1 } },
  }
  shop.post('/login', { schema: { body: credentials } }, async (request, reply) => {
    const session = await store.login(request.body.username, request.body.password)
    if (!session) throw fault(401, 'bad_credentials', 'Unknown user or wrong password')
    reply.header('cache-control', 'no-store')
    return session
  })

  const query = {
    type: 'object',
    properties: {
      search: { type: 'string', default: '', maxLength: 100 },
      limit: { type: 'integer', minimum: 1, maximum: 100, default: 20 },
    },
  }
  shop.get('/products', { schema: { querystring: query } }, async request =>
    store.search(request.query.search, request.query.limit),
  )

  shop.get('/products/:productId', { schema: { params: params('productId') } }, async request =>
    found(await store.product(request.params.productId), 'product', request.params.productId),
  )

  shop.post('/carts', signedIn, async (request, reply) => {
    reply.code(201)
    return shown(await store.openCart(request.user))
  })

  const line = {
    type: 'object',
    required: ['productId'],
    properties: { productId: id, quantity: { type: 'integer', minimum: 1, maximum: 100, default: 1 } },
  }
  shop.post(
    '/carts/:cartId/lines',
    { ...signedIn, schema: { params: params('cartId'), body: line } },
    async (request, reply) => {
      const cart = await openCart(request)
      const product = found(await store.product(request.body.productId), 'product', request.body.productId)
      if (request.body.quantity > product.stock) {
        throw fault(409, 'out_of_stock', `Only ${product.stock} of ${product.name} left`)
      }
      reply.code(201)
      return shown(await store.addToCart(cart, product, request.body.quantity))
    },
  )

  shop.post(
    '/carts/:cartId/checkout',
    { ...signedIn, schema: { params: params('cartId') } },
    async (request, reply) => {
      const cart = await openCart(request)
      if (cart.lines.length === 0) throw fault(409, 'empty_cart', 'Nothing in the cart')
      const order = await store.pay(cart)
      if (!order) throw fault(503, 'payment_busy', 'The payment provider is busy, try again')
      reply.code(201)
      return shown(order)
    },
  )

  shop.get('/orders/:orderId', { ...signedIn, schema: { params: params('orderId') } }, async request =>
    shown(found(await store.order(request.params.orderId, request.user), 'order', request.params.orderId)),
  )

  async function openCart(request) {
    const cart = found(await store.cart(request.params.cartId, request.user), 'cart', request.params.cartId)
    if (cart.state !== 'open') throw fault(409, 'cart_closed', 'This cart has been paid')
    return cart
  }
}

const params = name => ({ type: 'object', required: [name], properties: { [name]: id } })

const shown = ({ owner, ...rest }) => rest

function found(thing, kind, wanted) {
  if (!thing) throw fault(404, 'not_found', `No ${kind} ${wanted}`)
  return thing
}

function fault(statusCode, code, message) {
  return Object.assign(new Error(message), { statusCode, code })
}
