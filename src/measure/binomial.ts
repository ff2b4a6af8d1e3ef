/**
 * The probability that of `n` independent trials, each a success with probability `p`, at most `k` succeed. Exact (no
 * normal approximation): the tail is added up term by term from its largest one, which of ten million samples takes
 * some thousand terms.
 */
export function binomialAtMost(k: number, n: number, p: number): number {
  if (k < 0) return 0
  if (k >= n || p <= 0) return 1
  if (p >= 1) return 0
  return k <= n * p ? lowerTail(k, n, p) : 1 - lowerTail(n - k - 1, n, 1 - p)
}

const NEGLIGIBLE = 1e-17

/** P(X <= k) for k below the mean, where terms fall from k on downwards. */
function lowerTail(k: number, n: number, p: number): number {
  if (k < 0) return 0
  const odds = (1 - p) / p
  let term = Math.exp(
    logGamma(n + 1) -
      logGamma(k + 1) -
      logGamma(n - k + 1) +
      (k === 0 ? 0 : k * Math.log(p)) +
      (n - k) * Math.log1p(-p),
  )
  let sum = term
  for (let i = k; i > 0 && term > sum * NEGLIGIBLE; i--) {
    term *= (i / (n - i + 1)) * odds
    sum += term
  }
  return Math.min(1, sum)
}

const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
]

/** ln Γ(x) for x >= 1 (Lanczos, A Precision Approximation of the Gamma Function, 1964; g = 7, nine terms). */
function logGamma(x: number): number {
  const z = x - 1
  const sum = LANCZOS.reduce((total, c, i) => (i === 0 ? c : total + c / (z + i)), 0)
  const t = z + 7.5
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum)
}
