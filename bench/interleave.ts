/** Measures several ways of doing one thing in turn, so that a machine's drift touches all alike. @module */

/** One contender. */
export interface Contender {
  readonly name: string;
  run(): unknown | Promise<unknown>;
}
/** What one contender took, in milliseconds a call. */
export interface Timing {
  readonly name: string;
  readonly min: number;
  readonly median: number;
}

/** Runs A B C A B C …, each turn long enough to time, and gives minimum and median. */
export async function interleave(
  contenders: readonly Contender[],
  rounds = 15,
  turnMs = 20,
): Promise<readonly Timing[]> {
  const calls: number[] = [];
  for (const { run } of contenders) {
    for (let i = 0; i < 3; i++) await run();
    const start = performance.now();
    let n = 0;
    while (performance.now() - start < turnMs * 3) {
      await run();
      n++;
    }
    calls.push(Math.max(1, Math.round(n / 3)));
  }
  const times: number[][] = contenders.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [k, { run }] of contenders.entries()) {
      const n = calls[k] ?? 1, start = performance.now();
      for (let i = 0; i < n; i++) await run();
      times[k]?.push((performance.now() - start) / n);
    }
  }
  return contenders.map(({ name }, k) => {
    const sorted = (times[k] ?? []).toSorted((a, b) => a - b);
    return { name, min: sorted[0] ?? NaN, median: sorted[sorted.length >> 1] ?? NaN };
  });
}

/** Milliseconds as text with three figures. */
export function milliseconds(ms: number): string {
  return ms < 1 ? `${(ms * 1000).toPrecision(3)} µs` : `${ms.toPrecision(3)} ms`;
}
