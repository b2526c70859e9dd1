/** How a figure stands on the card of `deno bench`: by name, prepared when it is its turn, never at import. @module */

/** What a figure measures: one call. */
export type Run = () => unknown | Promise<unknown>;
/** A figure of the card. */
export interface Figure {
  /** `WHAT SIZE ENGINE`, as `--filter` finds it: `LSTM b32 onnxruntime-node`. */
  readonly name: string;
  /** Figures that are compared: the same work on other engines. */
  readonly group?: string;
  /** The group's figure that the others are set beside. */
  readonly baseline?: boolean;
  /** Makes what the run needs; its time doesn't count. */
  readonly prepare: () => Run | Promise<Run>;
}

/** Registers figures with `Deno.bench`. */
export function card(figures: readonly Figure[]): void {
  for (const { prepare, ...figure } of figures) {
    let ready: Run | undefined;
    Deno.bench({
      ...figure,
      fn: async (bench) => {
        ready ??= await prepare();
        bench.start();
        await ready();
        bench.end();
      },
    });
  }
}
/** Registers the same for work that never waits, where a promise would cost more than the work. */
export function syncCard(
  figures: readonly (Omit<Figure, "prepare"> & { readonly prepare: () => () => void })[],
): void {
  for (const { prepare, ...figure } of figures) {
    let ready: (() => void) | undefined;
    Deno.bench({
      ...figure,
      fn: (bench) => {
        ready ??= prepare();
        bench.start();
        ready();
        bench.end();
      },
    });
  }
}
