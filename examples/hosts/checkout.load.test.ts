import { loadTest } from 'vitest-arazzo'

loadTest('checkout from three hosts', {
  workflow: '../shop/shop.arazzo.yaml#checkout',
  load: { rate: 30, duration: '5s', rampUp: '1s' },
  budgets: {
    rps: 150,
    p95: '400ms',
    errorRate: '1%',
    steps: { search: { p95: '150ms' } },
    ...(process.env.SHOP_URL ? {} : { memory: '250MB', cpu: '90%' }),
  },
})
