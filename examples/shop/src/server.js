import { pathToFileURL } from 'node:url'
import Fastify from 'fastify'
import { bearer } from './bearer.js'
import { routes } from './routes.js'
import { createStore } from './store.js'

/** The shop as a Fastify application; `store` holds everything it knows. */
export function buildShop(store = createStore()) {
  const shop = Fastify({ logger: false })
  shop.decorate('store', store)
  bearer(shop)
  shop.register(routes)
  shop.setErrorHandler((error, _request, reply) => {
    const status = error.validation ? 400 : (error.statusCode ?? 500)
    reply.code(status).send({ code: error.code ?? 'internal', message: error.message })
  })
  shop.setNotFoundHandler((request, reply) => {
    reply.code(404).send({ code: 'not_found', message: `Nothing at ${request.method} ${request.url}` })
  })
  return shop
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const shop = buildShop()
  const address = await shop.listen({
    host: process.env.SHOP_HOST ?? '127.0.0.1',
    port: Number(process.env.PORT ?? 3000),
  })
  console.log(`shop listens at ${address}`)
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => shop.close())
}
