export function marked(mark?: string): number[]
export function commandOf(pid: number): string
export function listenerOf(
  mark: string,
  isWanted: (command: string) => boolean,
): { pid: number; port: number } | undefined
export function ticksOf(pid: number): number
export function until<T>(look: () => T, within: number): Promise<T | undefined>
export function isFree(port: number): Promise<boolean>
