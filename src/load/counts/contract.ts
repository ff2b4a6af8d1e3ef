import type { ContractStatistics } from '../../measure/report.ts'
import type { Contract } from '../../workflow/virtual-user.ts'

/** Counts a response that has a description. */
export function countContract(counts: ContractStatistics | undefined, contract: Contract): ContractStatistics {
  const counted = counts ?? { responses: 0, checked: 0, broken: 0 }
  counted.responses++
  if (contract !== 'unchecked') counted.checked++
  if (contract === 'broken') counted.broken++
  return counted
}
