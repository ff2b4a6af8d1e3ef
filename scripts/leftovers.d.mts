export function marked(mark: string): number[]
export function commandOf(pid: number): string
export function portOf(pid: number): number | undefined
export function ticksOf(pid: number): number
export function until<T>(look: () => T, within: number): Promise<T | undefined>
export function isFree(port: number): Promise<boolean>
