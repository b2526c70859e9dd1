/** What a cell of a table says: nothing, a number in the column's way of writing, a word. @module */

/** How a column writes numbers. */
export interface NumberForm {
  /** What stands before decimals. */
  readonly decimal: "." | ",";
  /** What stands between thousands; empty where nothing does. */
  readonly thousands: "" | "," | "." | " " | "'";
}
/** `1234.5` */
export const plainNumbers: NumberForm = { decimal: ".", thousands: "" };

const absent = /^\s*(|\?|na|n\/a|#n\/a|nan|null|none|<na>)\s*$/i;
/** True for a cell that says that there is no value: empty, `NA`, `?`, `nan`, `null`, `none`. */
export const isAbsent = (cell: string): boolean => absent.test(cell);

const plain = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const grouped: Readonly<Record<string, RegExp>> = {
  ",": /^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/,
  ".": /^[+-]?\d{1,3}(\.\d{3})+(,\d+)?$/,
  " ": /^[+-]?\d{1,3}([ \u00a0\u202f]\d{3})+([.,]\d+)?$/,
  "'": /^[+-]?\d{1,3}(['’]\d{3})+([.,]\d+)?$/,
};
const commaDecimal = /^[+-]?(\d+,\d*|,\d+)([eE][+-]?\d+)?$/;
/** Signs of currencies and per cent beside a number. */
const unit = /^([+-]?)\s*[$€£¥]\s*|\s*(?:[$€£¥%])$/g;
const bare = (cell: string) => cell.trim().replace(unit, "$1");

/** The number that a cell writes in a form; NaN where it writes none. */
export function numberIn(cell: string, { decimal, thousands }: NumberForm): number {
  const text = bare(cell);
  if (plain.test(text) && (decimal === "." || !text.includes("."))) {
    return Number(text);
  }
  let rest = text;
  if (thousands !== "" && grouped[thousands]?.test(text)) {
    rest = text.replace(
      thousands === " "
        ? /[ \u00a0\u202f]/g
        : thousands === "'"
        ? /['’]/g
        : new RegExp(`\\${thousands}`, "g"),
      "",
    );
  }
  if (decimal === "," && commaDecimal.test(rest)) rest = rest.replace(",", ".");
  return plain.test(rest) ? Number(rest) : NaN;
}

/** Every form, the plainest first. */
const forms: readonly NumberForm[] = [
  plainNumbers,
  { decimal: ".", thousands: "," },
  { decimal: ",", thousands: "" },
  { decimal: ",", thousands: "." },
  { decimal: ".", thousands: " " },
  { decimal: ",", thousands: " " },
  { decimal: ".", thousands: "'" },
];
/** The form in which most of the cells are numbers, and how many are. */
export function formOf(cells: readonly string[]): { readonly form: NumberForm; readonly count: number } {
  let best = { form: plainNumbers, count: 0 };
  for (const form of forms) {
    const count = cells.reduce((n, cell) => n + (Number.isNaN(numberIn(cell, form)) ? 0 : 1), 0);
    if (count > best.count) best = { form, count };
    if (count === cells.length) break;
  }
  return best;
}
