/** TensorBoard's event files: TFRecords of Event messages with one number a tag. @module */
import { makeFolder, writeFileAtomic } from "../../io/files/folders.ts";
import type { Callback, Logs } from "../../core/training/types.ts";

const table = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
  return c >>> 0;
});
/** CRC-32C, turned and offset as TFRecords hold it. */
function maskedCrc(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const byte of bytes) c = (table[(c ^ byte) & 255] ?? 0) ^ (c >>> 8);
  c = (c ^ 0xffffffff) >>> 0;
  return (((c >>> 15) | (c << 17)) + 0xa282ead8) >>> 0;
}

const varint = (n: number): number[] => {
  const out: number[] = [];
  for (; n > 127; n = Math.floor(n / 128)) out.push((n % 128) | 128);
  return [...out, n];
};
const fixed = (n: number, bytes: 4 | 8): number[] => {
  const view = new DataView(new ArrayBuffer(bytes));
  if (bytes === 8) view.setFloat64(0, n, true);
  else view.setFloat32(0, n, true);
  return Array.from(new Uint8Array(view.buffer));
};
const block = (field: number, content: readonly number[]) => [
  field * 8 + 2,
  ...varint(content.length),
  ...content,
];
const textField = (field: number, text: string) => block(field, Array.from(new TextEncoder().encode(text)));

/** One record: length and data, each with its checksum. */
function record(data: readonly number[]): Uint8Array {
  const out = new Uint8Array(data.length + 16), view = new DataView(out.buffer);
  view.setUint32(0, data.length, true);
  view.setUint32(8, maskedCrc(out.subarray(0, 8)), true);
  out.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc(out.subarray(12, 12 + data.length)), true);
  return out;
}
const seconds = (n: number) => [9, ...fixed(n, 8)];
/** An event file's bytes: its version, then every number by tag and step. */
export function eventFile(events: readonly { step: number; time: number; logs: Logs }[]): Uint8Array {
  const first = events[0]?.time ?? 0;
  const records = [record([...seconds(first), ...textField(3, "brain.Event:2")])];
  for (const { step, time, logs } of events) {
    const values = Object.entries(logs).flatMap(([tag, value]) =>
      block(1, [...textField(1, tag), 21, ...fixed(value, 4)])
    );
    records.push(record([...seconds(time), 16, ...varint(step), ...block(5, values)]));
  }
  const out = new Uint8Array(records.reduce((n, r) => n + r.length, 0));
  let at = 0;
  for (const r of records) {
    out.set(r, at);
    at += r.length;
  }
  return out;
}

/** Writes every epoch's numbers for TensorBoard, below `folder/train` and `folder/validation`. */
export function tensorBoard(folder: string): Callback {
  const files = new Map<string, { step: number; time: number; logs: Logs }[]>();
  const begun = Math.floor(Date.now() / 1000);
  return {
    name: "tensorBoard",
    async onEpochEnd(epoch, logs) {
      const isValidation = (name: string) => /^val[A-Z]/.test(name);
      const own = (of: boolean) =>
        Object.entries(logs).filter(([name]) => isValidation(name) === of).map(([name, value]) => {
          const bare = of ? name.charAt(3).toLowerCase() + name.slice(4) : name;
          return [`epoch_${bare}`, value] as const;
        });
      for (const [place, entries] of [["train", own(false)], ["validation", own(true)]] as const) {
        if (entries.length === 0) continue;
        const events = files.get(place) ?? [];
        files.set(place, events);
        events.push({ step: epoch, time: Date.now() / 1000, logs: Object.fromEntries(entries) });
        await makeFolder(`${folder}/${place}`);
        await writeFileAtomic(`${folder}/${place}/events.out.tfevents.${begun}.lapis`, eventFile(events));
      }
    },
  };
}
