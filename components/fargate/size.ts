import type { Limits } from "../container/spec.ts";

/** What AWS rents as one task: a processor's share decides which memories there are (docs: "Task CPU and memory"). */
export interface FargateSize {
  /** In 1/1024 of a processor. */
  readonly cpu: number;
  readonly memoryMb: number;
}

const gb = (from: number, to: number, step = 1): readonly number[] =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => (from + index * step) * 1024);

const sold: readonly { readonly cpu: number; readonly memories: readonly number[] }[] = [
  { cpu: 256, memories: [512, 1024, 2048] },
  { cpu: 512, memories: gb(1, 4) },
  { cpu: 1024, memories: gb(2, 8) },
  { cpu: 2048, memories: gb(4, 16) },
  { cpu: 4096, memories: gb(8, 30) },
  { cpu: 8192, memories: gb(16, 60, 4) },
  { cpu: 16_384, memories: gb(32, 120, 8) },
];

/**
 * The smallest that has both.
 * @throws Error for more than AWS rents
 */
export function fargateSize({ cpus, memoryMb }: Pick<Limits, "cpus" | "memoryMb">): FargateSize {
  for (const { cpu, memories } of sold) {
    const memory = memories.find((each) => each >= memoryMb);
    if (cpu >= cpus * 1024 && memory !== undefined) return { cpu, memoryMb: memory };
  }
  throw new Error(`Fargate rents no task with ${cpus} processors and ${memoryMb} MB; allowed are 16 and 122880`);
}
