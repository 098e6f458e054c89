import type { MetricValueWithName } from "prom-client";

/** What one label value was observed with. */
class Tally {
  /** How many were within each bucket's bound and beyond the one before; the last: beyond all bounds. */
  readonly counts: number[];
  sum = 0;

  constructor(private readonly bounds: readonly number[]) {
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  observe(value: number): void {
    let bucket = 0;
    while (bucket < this.bounds.length && value > (this.bounds[bucket] ?? 0)) bucket += 1;
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.sum += value;
  }
}

/**
 * A histogram of which an observation costs some comparisons and additions; prom-client's hashes the labels each time,
 * which is as much work as all else that is counted of an answer from the cache. It is a metric like prom-client's own.
 */
export class TalliedHistogram {
  readonly #tallies = new Map<string, Tally>();

  constructor(
    readonly name: string,
    private readonly help: string,
    private readonly labelName: string | undefined,
    private readonly bounds: readonly number[],
  ) {}

  observe(value: number, label = ""): void {
    let tally = this.#tallies.get(label);
    if (tally === undefined) {
      tally = new Tally(this.bounds);
      this.#tallies.set(label, tally);
    }
    tally.observe(value);
  }

  /** What prom-client asks each metric for. */
  async get() {
    const values = [...this.#tallies].flatMap(([label, tally]) => this.#valuesOf(label, tally));
    return { name: this.name, help: this.help, type: "histogram", aggregator: "sum", values };
  }

  reset(): void {
    this.#tallies.clear();
  }

  #valuesOf(label: string, { counts, sum }: Tally): MetricValueWithName<string>[] {
    const labels = this.labelName === undefined ? {} : { [this.labelName]: label };
    let count = 0;
    const buckets = [...this.bounds, "+Inf"].map((le, bucket) => {
      count += counts[bucket] ?? 0;
      return { metricName: `${this.name}_bucket`, labels: { le, ...labels }, value: count };
    });
    return [
      ...buckets,
      { metricName: `${this.name}_sum`, labels, value: sum },
      { metricName: `${this.name}_count`, labels, value: count },
    ];
  }
}
