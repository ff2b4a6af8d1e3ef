/** Data of the page's script; plain data, in the page as JSON. */
export interface ChartData {
  /** Seconds from the start of the run. */
  time: number[]
  /** Seconds that a point stands for at most; 1: each second is a point. */
  span: number
  phases: { name: string; from: number; to: number }[]
  /** Moments to mark, in seconds. */
  marks: { at: number; kind: 'warm-up' | 'limit' | 'doubt'; text: string }[]
  charts: TimeChart[]
}

export interface TimeChart {
  title: string
  unit: string
  columns: Column[]
  /** Bounds of budgets. */
  bounds?: Bound[]
  /** How many latencies of each size there were, drawn below the lines. */
  heat?: HeatData
}

export interface Bound {
  /** `p99 <= 40 ms`. */
  label: string
  value: number
  /** Above it is beyond; below it, otherwise. */
  isAtMost: boolean
  /** Number of its column. */
  column?: number
}

export interface HeatData {
  /** Start of each bucket and end of the last one, in milliseconds. */
  edges: number[]
  /** For each point of time the number of the first bucket, and how many are in it and in those that follow. */
  cells: number[][]
}

export interface Column {
  label: string
  /** A row a point of time; null where there is nothing to show. */
  values: (number | null)[]
  /** The lowest and the highest second of each point, where a point stands for several. */
  low?: (number | null)[]
  high?: (number | null)[]
  /** Figure of the measured window, shown while no moment is selected. */
  rest?: number
  /** Number of its colour; default: its place. */
  color?: number
  /** Key of the step that it is of. */
  step?: string
  dashed?: boolean
  tone?: 'bad'
  /** It holds until the next point, instead of going there in a straight line. */
  stepped?: boolean
}

/** Latencies by percentile: `latency[i]` is what a share `shares[i]` of the samples does not exceed. */
export interface DistributionData {
  shares: number[]
  lines: { label: string; step?: string; latency: (number | null)[] }[]
  /** Bounds for percentiles of the iterations. */
  bounds: Bound[]
}

/** Curve of a search for the capacity: the result of each tried rate, in ascending order. */
export interface CurveData {
  /** `p99`. */
  figure: string
  /** Requests a second. */
  rates: number[]
  /** Latencies in milliseconds; null where the rate had another outcome, or no responses. */
  outcomes: { label: string; kind: 'held' | 'missed' | 'generator' | 'machine'; latency: (number | null)[] }[]
  /** Bound of the latency in milliseconds. */
  bound: number
}

/** Figures of several runs, one after the other. */
export interface HistoryData {
  /** Labels of the runs. */
  labels: string[]
  /** Runs that are drawn as hollow points, since they had doubts. */
  hollow?: boolean[]
  charts: {
    title: string
    unit: string
    /** One value per run; null if it is missing. */
    values: (number | null)[]
    low: (number | null)[]
    high: (number | null)[]
    /** Bound. */
    bound?: number
    /** Level of each run, where levels were looked for. */
    levels?: (number | null)[]
    /** First runs of a new level. */
    changes: { at: number; text: string }[]
  }[]
}

export interface PageData {
  histories: HistoryData[]
  runs: { charts: ChartData; distribution: DistributionData; curve?: CurveData }[]
}
