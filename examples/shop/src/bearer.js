/** Puts `request.user` in place for routes with `config: { signedIn: true }`, or answers 401. */
export function bearer(shop) {
  shop.decorateRequest('user', null)
  shop.addHook('onRequest', async (request, reply) => {
    if (!request.routeOptions.config?.signedIn) return
    const [scheme, token] = (request.headers.authorization ?? '').split(' ')
    request.user = scheme === 'Bearer' ? shop.store.userOf(token) : undefined
    if (request.user) return
    reply.code(401).header('www-authenticate', 'Bearer')
    return reply.send({ code: 'unauthorized', message: 'Sign in first' })
  })
}
