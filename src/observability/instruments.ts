import { Counter, Gauge, type Metric, type Registry } from "prom-client";
import { TalliedHistogram } from "./tallied-histogram.js";

/** Starts the name of every metric of this gateway. */
const PREFIX = "modelarts_gateway_";

/** What a metric is called (without the prefix), what it says, and its labels. Label values must be few: never an id, a token or a project. */
export interface Description<Label extends string = never> {
  name: string;
  help: string;
  labels?: readonly Label[];
}

/** One text for each label, in their order. */
type ValuesOf<Labels extends readonly string[]> = { [Index in keyof Labels]: string };

/** The counts of what has the same values of the labels before; label after label they form a tree. */
class Tally {
  count = 0;
  readonly #byNext = new Map<string, Tally>();

  /** The counts of what has that value of the next label, too. */
  next(value: string): Tally {
    let tally = this.#byNext.get(value);
    if (tally === undefined) {
      tally = new Tally();
      this.#byNext.set(value, tally);
    }
    return tally;
  }

  /** What was counted, by the values of all further labels. */
  *leaves(values: readonly string[] = []): Iterable<[values: readonly string[], count: number]> {
    if (this.count > 0) yield [values, this.count];
    for (const [value, tally] of this.#byNext) yield* tally.leaves([...values, value]);
  }
}

/** Makes the metrics of one registry. */
export interface Instruments {
  /** A function that counts one, or `amount`. It costs an addition; prom-client hears of it when it is asked. */
  counter(description: Description): (amount?: number) => void;
  /** A function that counts one for the label values. */
  labelledCounter<const Labels extends readonly string[]>(
    description: Description<Labels[number]> & { labels: Labels },
  ): (...values: ValuesOf<Labels>) => void;
  gauge(description: Description): (value: number) => void;
  /** A gauge of what `read` gives, by label value, whenever it is asked for. */
  observedGauge(
    description: Description<string> & { labels: readonly [string] },
    read: () => Iterable<[label: string, value: number]>,
  ): void;
  labelledGauge(description: Description<string> & { labels: readonly [string] }): Gauge<string>;
  /** A function that observes seconds. `buckets` are their upper bounds. */
  durations(description: Description & { buckets: number[] }): (seconds: number) => void;
  /** A function that observes seconds for the label value. */
  labelledDurations(
    description: Description<string> & { labels: readonly [string]; buckets: number[] },
  ): (label: string, seconds: number) => void;
}

export function createInstruments(registry: Registry): Instruments {
  const registers = [registry];

  function tallied({ name, help }: Description<string>, labelNames: readonly string[]): Tally {
    const tally = new Tally();
    const counter = new Counter({
      name: PREFIX + name,
      help,
      labelNames: [...labelNames],
      registers: [],
      collect() {
        this.reset();
        for (const [values, count] of tally.leaves()) {
          this.inc(Object.fromEntries(labelNames.map((label, index) => [label, values[index] ?? ""])), count);
        }
      },
    });
    registry.registerMetric(counter);
    return tally;
  }

  function registered(histogram: TalliedHistogram): TalliedHistogram {
    // A registry asks a metric for its name and its values, whatever its declaration says.
    registry.registerMetric(histogram as unknown as Metric<string>);
    return histogram;
  }

  return {
    counter(description) {
      const tally = tallied(description, []);
      return (amount = 1) => {
        tally.count += amount;
      };
    },
    labelledCounter(description) {
      const tally = tallied(description, description.labels);
      return (...values) => {
        let counted = tally;
        for (const value of values) counted = counted.next(value);
        counted.count += 1;
      };
    },
    gauge({ name, help }) {
      const gauge = new Gauge({ name: PREFIX + name, help, registers });
      return (value) => gauge.set(value);
    },
    observedGauge({ name, help, labels: [label] }, read) {
      const gauge = new Gauge({
        name: PREFIX + name,
        help,
        labelNames: [label],
        registers: [],
        collect() {
          this.reset();
          for (const [value, amount] of read()) this.set({ [label]: value }, amount);
        },
      });
      registry.registerMetric(gauge);
    },
    labelledGauge({ name, help, labels }) {
      return new Gauge({ name: PREFIX + name, help, labelNames: [...labels], registers });
    },
    durations({ name, help, buckets }) {
      const histogram = registered(new TalliedHistogram(PREFIX + name, help, undefined, buckets));
      return (seconds) => histogram.observe(seconds);
    },
    labelledDurations({ name, help, labels: [label], buckets }) {
      const histogram = registered(new TalliedHistogram(PREFIX + name, help, label, buckets));
      return (value, seconds) => histogram.observe(seconds, value);
    },
  };
}
