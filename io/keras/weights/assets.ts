/** What a `.keras` archive holds of layers beside numbered weights: text files, named arrays and summaries, put into their configurations. @module */
import { snakeCase } from "../../../core/network/names.ts";
import { toNumbers } from "../../../core/values/tensor.ts";
import type { Hdf5Group } from "../../hdf5/mod.ts";
import { boundariesOf } from "../bins.ts";
import { isJson, type Json } from "../json.ts";

/** Where assets are found, by path below the archive's root. */
export interface Assets {
  /** Names of all members. */
  readonly names: readonly string[];
  read(name: string): string;
  readonly weights: Hdf5Group | undefined;
}

/** Lines as Python's splitlines cuts them; empty ones at the end go. */
function lines(text: string): readonly string[] {
  // deno-lint-ignore no-control-regex -- Python ends lines at these.
  const list = text.split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/);
  while (list.at(-1) === "") list.pop();
  return list;
}
/** Lines as what a field of tokens holds: whole numbers where the layer's tokens are numbers. */
function tokens(text: string, config: Json): readonly (string | number)[] {
  const numeric = typeof config.oov_token === "number" || config.vocabulary_dtype === "int64";
  // As written: an empty token may be the last one, and another may hold what Python ends lines at.
  const exact = text.split(/\r?\n/), list = exact.length === config.vocabulary_size ? exact : lines(text);
  return numeric ? list.map(Number) : list;
}

/** A layer's configuration with what the archive holds of it; a text file `x.txt` is its option `x`. */
function filled(config: Json, path: string, assets: Assets): Json {
  const own: Record<string, unknown> = {};
  const folder = `assets/${path}/`;
  for (const name of assets.names) {
    if (!name.startsWith(folder) || !name.endsWith(".txt")) continue;
    const key = name.slice(folder.length, -4);
    if (!key.includes("/") && (config[key] ?? null) === null) own[key] = tokens(assets.read(name), config);
  }
  const vars = `${path}/vars`, group = assets.weights?.has(vars) ? assets.weights.get(vars) : undefined;
  const summary = group?.kind === "group" && config.bin_boundaries === null && group.get("0");
  if (summary && summary.kind === "dataset") own.bin_boundaries = boundariesOf(summary.read(), config);
  for (const key of group?.kind === "group" ? group.keys() : []) {
    const array = /^\d+$/.test(key) || group?.kind !== "group" ? undefined : group.get(key);
    if (array?.kind === "dataset" && Object.hasOwn(config, key)) {
      own[key] = Array.from(toNumbers(array.read()));
    }
  }
  return Object.keys(own).length > 0 ? { ...config, ...own } : config;
}

/** A model's configuration with the assets of its layers, found by class and position as weights are. */
export function withAssets(config: Json, assets: Assets): Json {
  return model(config, "", assets);
}
/** A `.h5` file's configuration with the boundaries of bins that Keras 2 found from data. */
export function withBins(entry: Json, weights: Hdf5Group): Json {
  const { config } = entry;
  if (!isJson(config) || !Array.isArray(config.layers)) return entry;
  const layers = config.layers.map((raw: unknown) => {
    if (!isJson(raw) || !isJson(raw.config) || raw.config.bin_boundaries !== null) return raw;
    const path = `${raw.config.name}/summary:0`,
      summary = weights.has(path) ? weights.dataset(path) : undefined;
    if (!summary) return raw;
    return { ...raw, config: { ...raw.config, bin_boundaries: boundariesOf(summary.read(), raw.config) } };
  });
  return { ...entry, config: { ...config, layers } };
}
function model(entry: Json, path: string, assets: Assets): Json {
  const { config } = entry;
  if (!isJson(config) || !Array.isArray(config.layers)) return entry;
  const used = new Map<string, number>();
  const layers = config.layers.map((raw: unknown) => {
    if (!isJson(raw) || typeof raw.class_name !== "string") return raw;
    const base = snakeCase(raw.class_name), count = used.get(base) ?? 0;
    used.set(base, count + 1);
    const own = `${path === "" ? "" : `${path}/`}layers/${count === 0 ? base : `${base}_${count}`}`;
    const inner = isJson(raw.config) && Array.isArray(raw.config.layers) ? model(raw, own, assets) : raw;
    return isJson(inner.config) ? { ...inner, config: filled(inner.config, own, assets) } : inner;
  });
  return { ...entry, config: { ...config, layers } };
}
