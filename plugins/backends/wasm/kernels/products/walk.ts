/** Covers a matrix of results with strips: tiles of almost equal height, panel by panel. @module */

import type { FunctionBuilder, ModuleBuilder } from "../../assembler/assembler.ts";
import { strip, type StripArg, type StripSpec } from "./strip.ts";

/** What the strips of a walk have in common. */
export interface WalkSpec extends Omit<StripSpec, "rows" | "panels" | "width" | "panelPitch" | "repeat"> {
  /** Columns of the result; null for the run-time local `N`. */
  readonly N: number | null;
  /** Length of a packed panel of B; null for the run-time local `panelPitch`, in bytes. */
  readonly depth: number | null;
}

/** Locals that a walk reads: the strips' arguments, and N. */
export type WalkLocals = Partial<
  Readonly<Record<Exclude<StripArg, "tiles" | "groups" | "width"> | "N", number>>
>;

/** Tiles of one height: how many, and where they begin in A, C and R. */
interface Tiles {
  readonly rows: number;
  readonly count: number;
  readonly A: number;
  readonly C: number;
  readonly R: number;
}

/** Up to this depth a strip walks all its columns in one call; beyond, a call is cheap beside its work. */
const SHALLOW = 256;

/** Panels side by side for tiles of 1, 2 and 3 rows, for as many sums as registers hold; taller ones take one panel. */
const PANELS: Readonly<Record<number, number>> = { 1: 6, 2: 3, 3: 2 };
/** The same for one row of run-time columns, of which those that don't fill a group go panel by panel. */
const RUN_TIME_PANELS = 4;

/** Writes the walk over some rows; the locals A, C and R say where they begin. */
export class Walk {
  readonly f: FunctionBuilder;
  readonly m: ModuleBuilder;
  readonly spec: WalkSpec;
  readonly locals: WalkLocals;
  readonly tiles: readonly Tiles[];
  /** Moving along the columns. */
  readonly at: { readonly B: number; readonly bias: number; readonly column: number; readonly width: number };

  constructor(f: FunctionBuilder, m: ModuleBuilder, spec: WalkSpec, locals: WalkLocals) {
    this.f = f;
    this.m = m;
    this.spec = spec;
    this.locals = locals;
    this.tiles = [6, 5, 4, 3, 2, 1].map((rows) => {
      const [count = 0, A = 0, C = 0, R = 0] = f.locals("i32", 4);
      return { rows, count, A, C, R };
    });
    this.at = { B: f.local("i32"), bias: f.local("i32"), column: f.local("i32"), width: f.local("i32") };
  }

  local(name: keyof WalkLocals): number {
    const local = this.locals[name];
    if (local === undefined) throw new Error(`A walk over tiles needs ${name}.`);
    return local;
  }

  /** Computes `rows` (a local) rows. */
  cover(rows: number): void {
    this.split(rows);
    this.columns();
  }

  /** Cuts rows into tiles of almost equal height, at most six: t tiles of `base` or `base + 1` rows. */
  split(rows: number): void {
    const { f } = this;
    const [t = 0, base = 0, taller = 0, done = 0] = f.locals("i32", 4);
    f.get(rows).i32(5).op("i32.add").i32(6).op("i32.div_u").set(t);
    // No rows are no tiles, not a division by none.
    f.get(rows, t, t).op("i32.eqz", "i32.add", "i32.div_u").set(base);
    f.get(rows, base, t).op("i32.mul", "i32.sub").set(taller);
    const names = this.spec.addR ? ["A", "C", "R"] as const : ["A", "C"] as const;
    const at = names.map((name) => {
      const pointer = f.local("i32");
      f.get(this.local(name)).set(pointer);
      return { name, pointer };
    });
    for (const tile of this.tiles) {
      f.get(t, taller).op("i32.sub").i32(0).get(base).i32(tile.rows).op("i32.eq", "select");
      f.get(taller).i32(0).get(base).i32(tile.rows - 1).op("i32.eq", "select", "i32.add").set(tile.count);
      f.get(tile.count).i32(tile.rows).op("i32.mul").set(done);
      for (const { name, pointer } of at) {
        f.get(pointer).set(tile[name]);
        this.moveDown(name, pointer, done);
      }
    }
  }

  /** Moves a pointer into A, C or R down by `rows` rows. */
  moveDown(name: "A" | "C" | "R", pointer: number, rows: number): void {
    const { f, spec } = this;
    f.get(pointer);
    if (name === "C") f.get(this.local("ldc"));
    else if (name === "R") f.get(this.local("ldr"));
    else if (spec.step === "columns") f.i32(4);
    else if (spec.step === null) f.get(this.local("lda"));
    else f.i32(spec.step);
    f.get(rows).op("i32.mul", "i32.add").set(pointer);
  }

  columns(): void {
    this.pass(this.tiles.filter((tile) => tile.rows > 3), 1);
    for (const tile of this.tiles) {
      if (tile.rows > 3) continue;
      const panels = PANELS[tile.rows] ?? 1;
      this.pass([tile], this.spec.N === null ? Math.min(panels, RUN_TIME_PANELS) : panels);
    }
  }

  /** Walks the columns with tiles of these heights, `panels` panels at a time. */
  pass(tiles: readonly Tiles[], panels: number): void {
    const { f, spec, at } = this;
    f.i32(0);
    for (const tile of tiles) f.get(tile.count).op("i32.or");
    f.if(() => {
      f.get(this.local("B")).set(at.B).i32(0).set(at.column);
      if (spec.bias) f.get(this.local("bias")).set(at.bias);
      if (spec.N === null) this.runTimeColumns(tiles, panels);
      else {
        const full = Math.floor(spec.N / 8 / panels);
        const rest = Math.ceil(spec.N / 8) - full * panels;
        f.i32(full).set(at.width);
        if (full > 1 && spec.depth !== null && spec.depth <= SHALLOW) this.groups(tiles, panels, full);
        else if (full > 0) f.times(at.width, () => this.group(tiles, panels, 8));
        if (rest > 0) this.group(tiles, rest, spec.N % 8 === 0 ? 8 : spec.N % 8);
      }
    });
  }

  runTimeColumns(tiles: readonly Tiles[], panels: number): void {
    const { f, at } = this;
    const N = this.local("N");
    f.get(N).i32(8 * panels).op("i32.div_u").set(at.width);
    f.times(at.width, () => this.group(tiles, panels, 8));
    f.get(N).i32(8 * panels).op("i32.rem_u").i32(3).op("i32.shr_u").set(at.width);
    if (panels > 1) f.times(at.width, () => this.group(tiles, 1, 8));
    f.get(N).i32(7).op("i32.and").tee(at.width).if(() => this.group(tiles, 1, null));
  }

  /** One group of panels: a strip for each height, then on to the next columns. */
  group(tiles: readonly Tiles[], panels: number, width: number | null): void {
    for (const tile of tiles) this.f.get(tile.count).if(() => this.callStrip(tile, panels, width));
    this.moveRight(panels);
  }

  /** `full` (also in `at.width`) groups of whole panels, in one call for each height. */
  groups(tiles: readonly Tiles[], panels: number, full: number): void {
    const repeat = (this.spec.depth ?? 0) * panels * 32;
    for (const tile of tiles) this.f.get(tile.count).if(() => this.callStrip(tile, panels, 8, repeat));
    this.moveRight(panels * full);
  }

  moveRight(panels: number): void {
    const { f, at } = this;
    f.get(at.B);
    this.pushPanelPitch().i32(panels).op("i32.mul", "i32.add").set(at.B);
    f.inc(at.column, panels * 32);
    if (this.spec.bias) f.inc(at.bias, panels * 32);
  }

  pushPanelPitch(): FunctionBuilder {
    const { depth } = this.spec;
    return depth === null ? this.f.get(this.local("panelPitch")) : this.f.i32(depth * 32);
  }

  callStrip(tile: Tiles, panels: number, width: number | null, repeat?: number): void {
    const { f, spec, at } = this;
    const { N: _N, depth, ...common } = spec;
    // A row alone lives from loads, and a pointer for each panel makes cheaper addresses than one offset for each.
    const panelPitch = panels === 1 || tile.rows === 1 || depth === null ? null : depth * 32;
    const kernel = strip({ ...common, rows: tile.rows, panels, width, panelPitch, repeat });
    for (const name of kernel.args) {
      if (name === "C" || name === "R") f.get(tile[name], at.column).op("i32.add");
      else if (name === "panelPitch") this.pushPanelPitch();
      else if (name === "tiles") f.get(tile.count);
      else if (name === "groups") f.get(at.width);
      else if (name === "A") f.get(tile.A);
      else if (name === "B" || name === "bias" || name === "width") f.get(at[name]);
      else f.get(this.local(name));
    }
    f.call(this.m.kernel(kernel));
  }
}
