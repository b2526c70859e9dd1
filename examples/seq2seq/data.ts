/** Pairs of texts: dates written out and as ISO 8601, made here; translations from a file. @module */
import type { TextPair } from "../../public/text.ts";

/** Pairs to train on, to choose by, and to open once. */
export interface Parts {
  readonly train: readonly TextPair[];
  readonly validation: readonly TextPair[];
  readonly test: readonly TextPair[];
}

const months = [
  ...["Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus"],
  ...["September", "Oktober", "November", "Desember"],
];
const days = ["Minggu", "Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu"];
const two = (n: number) => `${n}`.padStart(2, "0");

/** Ways to write a date in Indonesian. */
const forms: readonly ((d: Date) => string)[] = [
  (d) => `${d.getUTCDate()} ${months[d.getUTCMonth()]} ${d.getUTCFullYear()}`,
  (d) => `${days[d.getUTCDay()]}, ${d.getUTCDate()} ${months[d.getUTCMonth()]} ${d.getUTCFullYear()}`,
  (d) => `${two(d.getUTCDate())}/${two(d.getUTCMonth() + 1)}/${d.getUTCFullYear()}`,
  (d) =>
    `${d.getUTCDate()} ${months[d.getUTCMonth()]?.slice(0, 3).toLowerCase()} '${
      two(d.getUTCFullYear() % 100)
    }`,
];
/** Dates from 1970 to 2069 in one of the forms; no date of the test part is in the training part in any form. */
export function dates(count: number): Parts {
  const all = Array.from({ length: count }, (_, i): TextPair => {
    // A step that shares no factor with the 36,525 days of the century meets a new day every time.
    const date = new Date(((i * 10_007) % 36_525) * 86_400_000),
      form = forms[Math.floor(i / 3) % forms.length];
    return [form?.(date) ?? "", date.toISOString().slice(0, 10)];
  });
  return split(all);
}
/** Lines `source<TAB>target<TAB>…`; every tenth line is the test part, as the data set's page says. */
export function translations(text: string): Parts {
  return split(
    text.split("\n").flatMap((line): TextPair[] => {
      const [source, target] = line.split("\t");
      return source && target ? [[source, target]] : [];
    }),
  );
}
/** Every tenth pair is test; of the others every tenth is validation. */
function split(all: readonly TextPair[]): Parts {
  const rest = all.filter((_, i) => i % 10 !== 0);
  return {
    test: all.filter((_, i) => i % 10 === 0),
    validation: rest.filter((_, i) => i % 10 === 0),
    train: rest.filter((_, i) => i % 10 !== 0),
  };
}
