/** Dtype policies that files of Keras give are in the files that are written of them, in either Keras' words. @module */
import { deepEqual, ok, rejects } from "node:assert/strict";
import { loadModel } from "../../mod.ts";

const folder = new URL("../fixtures/keras-policies/", import.meta.url);
type Json = Readonly<Record<string, unknown>>;
const isJson = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Names of policies by layer, where they aren't float32; the whole form where `whole`. */
function policiesOf(config: unknown, whole = false, under = ""): Record<string, unknown> {
  if (Array.isArray(config)) return Object.assign({}, ...config.map((v) => policiesOf(v, whole, under)));
  if (!isJson(config)) return {};
  const { class_name: name, config: inner } = config, found: Record<string, unknown> = {};
  const own = isJson(inner) && typeof inner.name === "string" ? `${under}/${inner.name}` : under;
  if (typeof name === "string" && isJson(inner) && "dtype" in inner) {
    const { dtype } = inner;
    const said = isJson(dtype) && isJson(dtype.config)
      ? dtype.config.name ?? dtype.config.default_policy
      : dtype;
    if (said !== "float32") found[own.replace(/^\/[^/]*/, "")] = whole ? dtype : said;
  }
  for (const [key, value] of Object.entries(config)) {
    if (key !== "inbound_nodes" && key !== "dtype") Object.assign(found, policiesOf(value, whole, own));
  }
  return found;
}
const written = async (
  file: string,
  kerasVersion: 2 | 3,
): Promise<[source: Json, ours: Json, warned: string[]]> => {
  const warned: string[] = [], place = new URL(file, folder);
  using model = await loadModel(place, { backend: "plain", warn: (m) => warned.push(m) });
  const text = new TextDecoder().decode(await model.toBytes(".json", { kerasVersion }));
  return [JSON.parse(await Deno.readTextFile(place)) as Json, JSON.parse(text) as Json, warned];
};
/** A wrapper's backward layer, which Keras 2 makes of the first. */
const without = (all: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(all).filter(([name]) => !name.includes("backward")).map((
      [name, v],
    ) => [name.replace("forward_", ""), v]),
  );

Deno.test("a policy of every layer comes back, from both Kerases in both Kerases' files", async () => {
  let layers = 0;
  for (const { name } of Deno.readDirSync(folder)) {
    for (const major of [2, 3] as const) {
      if (major === 2 && name === "k315_map.json") continue;
      const [source, ours, warned] = await written(name, major), want = policiesOf(source);
      // Keras 2 has no policy of a Sequential model.
      if (major === 2) delete want["/inner"];
      const got = policiesOf(ours);
      for (const all of [want, got]) delete all[""];
      deepEqual([name, major, without(got)], [name, major, without(want)]);
      layers += Object.keys(want).length;
      ok(warned.some((line) => /Keras computes it in (mixed_)?b?float\d+, Lapis in float32/.test(line)));
    }
  }
  ok(layers > 60, `${layers}`);
});

Deno.test("a policy is Keras' own object: DTypePolicy, Policy, a word, or a map by paths", async () => {
  const formOf = async (file: string, major: 2 | 3) => {
    const [, ours] = await written(file, major);
    return Object.values(policiesOf(ours, true));
  };
  const plain = { module: "keras", class_name: "DTypePolicy", registered_name: null };
  for (const form of await formOf("k215_mixed_bfloat16.json", 3)) {
    deepEqual(form, { ...plain, config: { name: "mixed_bfloat16" } });
  }
  const older = { module: "keras.mixed_precision", class_name: "Policy", registered_name: null };
  for (const form of await formOf("k315_mixed_float16.json", 2)) {
    deepEqual(form, { ...older, config: { name: "mixed_float16" } });
  }
  for (const form of await formOf("k215_float64.json", 2)) deepEqual(form, "float64");
  const [source, ours] = await written("k315_map.json", 3);
  deepEqual(policiesOf(ours, true)["/mha"], policiesOf(source, true)["/mha"]);
  await rejects(written("k315_map.json", 2), /layer "mha".*Keras 2 has no dtype policies by paths/);
});
