/** A list's elements where they have to be there. @module */

/** An element of a list. @throws {RangeError} where there is none at that place. */
export function item<T>(list: ArrayLike<T>, index: number): T {
  const found = list[index];
  if (found === undefined && !(index >= 0 && index < list.length)) {
    throw new RangeError(`no element ${index} in a list of ${list.length}`);
  }
  return found as T;
}
