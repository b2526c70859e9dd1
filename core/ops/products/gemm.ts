/** The matrix product behind plain kernels: packed panels, register tiles, sums in float64. @module */
import type { Numbers } from "../arrays.ts";

/** A matrix inside an array: where it starts, and how far apart rows and columns are. */
export interface MatrixView {
  readonly data: Numbers;
  readonly offset: number;
  readonly row: number;
  readonly column: number;
}
/** Views a dense row-major matrix. */
export function matrix(data: Numbers, columns: number, offset = 0): MatrixView {
  return { data, offset, row: columns, column: 1 };
}
/** The same matrix with rows and columns exchanged. */
export function transposed(view: MatrixView): MatrixView {
  return { ...view, row: view.column, column: view.row };
}

/** Adds a·b to the dense row-major matrix at `offset` of `out`; a is m×k, b is k×n, out's rows lie `stride` apart. */
export function addProduct(
  a: MatrixView,
  b: MatrixView,
  m: number,
  n: number,
  k: number,
  out: Float64Array,
  offset = 0,
  stride: number = n,
): void {
  if (m < 4) {
    for (let i = 0; i < m; i++) addRow(a, b, i, n, k, out, offset + i * stride);
    return;
  }
  const rows = packRows(a, m, k), columns = new Float64Array(2 * k), tile = new Float64Array(8);
  for (let j = 0; j < n; j += 2) {
    packColumns(b, j, n, k, columns);
    for (let i = 0; i < m; i += 4) {
      multiplyTile(rows, i * k, columns, k, tile);
      const height = Math.min(4, m - i);
      for (let r = 0; r < height; r++) {
        const at = offset + (i + r) * stride + j;
        out[at] = (out[at] as number) + (tile[2 * r] as number);
        if (j + 1 < n) out[at + 1] = (out[at + 1] as number) + (tile[2 * r + 1] as number);
      }
    }
  }
}

function addRow(
  a: MatrixView,
  b: MatrixView,
  i: number,
  n: number,
  k: number,
  out: Float64Array,
  at: number,
): void {
  const { data: bData, column } = b, aData = a.data;
  for (let p = 0; p < k; p++) {
    const v = aData[a.offset + i * a.row + p * a.column] as number;
    let from = b.offset + p * b.row;
    for (let j = 0; j < n; j++, from += column) {
      out[at + j] = (out[at + j] as number) + v * (bData[from] as number);
    }
  }
}
/** Rows by fours: element (i, p) at (i − i mod 4)·k + 4p + i mod 4. */
function packRows(a: MatrixView, m: number, k: number): Float64Array {
  const packed = new Float64Array(Math.ceil(m / 4) * 4 * k), { data } = a;
  for (let i = 0; i < m; i++) {
    let to = (i >> 2) * 4 * k + (i & 3), from = a.offset + i * a.row;
    for (let p = 0; p < k; p++, to += 4, from += a.column) packed[to] = data[from] as number;
  }
  return packed;
}
function packColumns(b: MatrixView, j: number, n: number, k: number, packed: Float64Array): void {
  const { data, row, column } = b, second = j + 1 < n;
  let from = b.offset + j * column;
  for (let p = 0; p < 2 * k; p += 2, from += row) {
    packed[p] = data[from] as number;
    packed[p + 1] = second ? data[from + column] as number : 0;
  }
}
function multiplyTile(
  rows: Float64Array,
  start: number,
  columns: Float64Array,
  k: number,
  tile: Float64Array,
): void {
  let c00 = 0, c01 = 0, c10 = 0, c11 = 0, c20 = 0, c21 = 0, c30 = 0, c31 = 0;
  let s = start;
  for (let p = 0; p < 2 * k; p += 2, s += 4) {
    const a0 = rows[s] as number,
      a1 = rows[s + 1] as number,
      a2 = rows[s + 2] as number,
      a3 = rows[s + 3] as number;
    const b0 = columns[p] as number, b1 = columns[p + 1] as number;
    c00 += a0 * b0;
    c01 += a0 * b1;
    c10 += a1 * b0;
    c11 += a1 * b1;
    c20 += a2 * b0;
    c21 += a2 * b1;
    c30 += a3 * b0;
    c31 += a3 * b1;
  }
  tile[0] = c00;
  tile[1] = c01;
  tile[2] = c10;
  tile[3] = c11;
  tile[4] = c20;
  tile[5] = c21;
  tile[6] = c30;
  tile[7] = c31;
}
