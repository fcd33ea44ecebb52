/** Prometheus's text format. Every series that is known exists from the first scrape, so that rate() sees a zero, not a gap. */
import { PerformanceObserver } from "node:perf_hooks";

const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]; // seconds
const all = [];

function labelText(labels) {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${String(value).replace(/["\\\n]/g, "_")}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

export class Counter {
  #series = new Map();
  constructor(name, help, initial = [{}]) {
    Object.assign(this, { name, help, kind: "counter" });
    for (const labels of initial) this.add(labels, 0);
    all.push(this);
  }
  add(labels = {}, by = 1) {
    const key = labelText(labels);
    this.#series.set(key, (this.#series.get(key) ?? 0) + by);
  }
  async lines() {
    return [...this.#series].map(([key, value]) => `${this.name}${key} ${value}`);
  }
}

export class Histogram {
  #counts = buckets.map(() => 0);
  #sum = 0;
  #count = 0;
  constructor(name, help) {
    Object.assign(this, { name, help, kind: "histogram" });
    all.push(this);
  }
  observe(seconds) {
    for (const [place, limit] of buckets.entries()) if (seconds <= limit) this.#counts[place] += 1;
    this.#sum += seconds;
    this.#count += 1;
  }
  /** Times the work, also when it fails. */
  async time(work) {
    const began = performance.now();
    try {
      return await work();
    } finally {
      this.observe((performance.now() - began) / 1000);
    }
  }
  async lines() {
    return [
      ...buckets.map((limit, place) => `${this.name}_bucket{le="${limit}"} ${this.#counts[place]}`),
      `${this.name}_bucket{le="+Inf"} ${this.#count}`,
      `${this.name}_sum ${this.#sum}`,
      `${this.name}_count ${this.#count}`,
    ];
  }
}

/** Asked when scraped; `read` answers a number, or a list of [labels, number]. */
export class Gauge {
  constructor(name, help, read) {
    Object.assign(this, { name, help, kind: "gauge", read });
    all.push(this);
  }
  async lines() {
    const now = await this.read();
    const series = Array.isArray(now) ? now : [[{}, now]];
    return series.map(([labels, value]) => `${this.name}${labelText(labels)} ${value}`);
  }
}

export async function exposition() {
  const parts = [];
  for (const metric of all)
    parts.push(
      `# HELP ${metric.name} ${metric.help}`,
      `# TYPE ${metric.name} ${metric.kind}`,
      ...(await metric.lines()),
    );
  return `${parts.join("\n")}\n`;
}

export const queries = new Histogram(
  "aidis_query_duration_seconds",
  "Time of a database query, the wait for a connection included",
);
export const queryFailures = new Counter("aidis_query_failures_total", "Database queries that failed");
export const sessionCreation = new Histogram("aidis_session_creation_seconds", "Time to create a session");
export const projectResolution = new Histogram(
  "aidis_project_resolution_seconds",
  "Time to find the project of a session",
);
export const requestTime = new Histogram("aidis_request_duration_seconds", "Time to answer a request");
export const projectsCreated = new Counter("aidis_projects_created_total", "Projects created");
new Gauge("process_resident_memory_bytes", "Memory", () => process.memoryUsage().rss);
new Gauge(
  "nodejs_heap_used_bytes",
  "Heap after the last collection and what came since",
  () => process.memoryUsage().heapUsed,
);
new Gauge(
  "process_cpu_seconds",
  "Processor time since the start",
  () => process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6,
);
new Gauge("process_uptime_seconds", "Time since the start", () => process.uptime());

const collecting = new Counter("nodejs_gc_seconds_total", "Time spent collecting garbage");
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) collecting.add({}, duration / 1000);
}).observe({ entryTypes: ["gc"] });
