/** Latencies in buckets that grow by 2 %: a percentile is at most that much too high, whatever the range, and a window costs little memory. */
const smallestMs = 0.1;
const growth = 1.02;
const step = Math.log(growth);

/** How it travels between processes: bucket and number of latencies in it, the largest latency as measured. */
export interface HistogramData {
  readonly buckets: readonly (readonly [bucket: number, count: number])[];
  readonly maxMs: number;
}

export class Histogram {
  readonly #buckets = new Map<number, number>();
  #count = 0;
  #maxMs = 0;

  static from(...all: readonly HistogramData[]): Histogram {
    const merged = new Histogram();
    for (const { buckets, maxMs } of all) {
      for (const [bucket, count] of buckets) merged.#put(bucket, count);
      merged.#maxMs = Math.max(merged.#maxMs, maxMs);
    }
    return merged;
  }

  get count(): number {
    return this.#count;
  }

  get maxMs(): number {
    return this.#maxMs;
  }

  record(ms: number): void {
    this.#put(ms <= smallestMs ? 0 : Math.ceil(Math.log(ms / smallestMs) / step), 1);
    this.#maxMs = Math.max(this.#maxMs, ms);
  }

  /** The latency that this share of the requests did not exceed, by nearest rank; undefined when there was none. */
  percentileMs(share: number): number | undefined {
    const rank = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (const [bucket, count] of this.#sorted()) {
      seen += count;
      if (seen >= rank) return Math.min(smallestMs * growth ** bucket, this.#maxMs);
    }
    return undefined;
  }

  data(): HistogramData {
    return { buckets: this.#sorted(), maxMs: this.#maxMs };
  }

  #put(bucket: number, count: number): void {
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + count);
    this.#count += count;
  }

  #sorted(): readonly (readonly [number, number])[] {
    return [...this.#buckets].sort(([a], [b]) => a - b);
  }
}
