// @ts-check
/** Numbers and shapes for people. */

/** @param {number | null | undefined} n */
export function number(n) {
  if (n === null || n === undefined) return "–";
  if (!Number.isFinite(n)) return String(n);
  if (Number.isInteger(n) && Math.abs(n) < 1e6) return String(n);
  const size = Math.abs(n);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return n.toExponential(3).replace("-", "−");
  return String(Number(n.toPrecision(5))).replace("-", "−");
}
/** @param {number} n */
export function count(n) {
  return String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ",");
}
/** @param {readonly (number | string | null)[]} shape */
export function shape(shape) {
  return `[${shape.join(", ")}]`;
}
/** @param {number} n */
export function bytes(n) {
  const units = ["B", "KiB", "MiB", "GiB"];
  let i = 0, size = n;
  while (size >= 1024 && i < units.length - 1) size /= 1024, i++;
  return `${i === 0 ? size : size.toFixed(1)} ${units[i]}`;
}
/** @param {number} ms */
export function time(ms) {
  if (ms < 1) return `${(ms * 1000).toFixed(0)} µs`;
  if (ms < 1000) return `${ms.toFixed(ms < 10 ? 2 : 1)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${Math.round(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
/** @param {number} share */
export function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}
