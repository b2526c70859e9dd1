/** Models and weights that lie in several files: folders of `save(zipped=False)`, weights in shards. @module */
import { FormatError, shown } from "../../../core/values/errors.ts";
import type { Source } from "../../../core/model/format.ts";
import type { FormatOptions } from "../../../core/registry.ts";
import { decoders } from "../../compression/mod.ts";
import { type Hdf5Dataset, type Hdf5Group, isHdf5, openHdf5 } from "../../hdf5/mod.ts";
import { isSafetensors } from "../../arrays/safetensors.ts";
import type { ZipArchive } from "../../archives/zip.ts";
import { isJson, parseJson, utf8 } from "../json.ts";
import type { Opened } from "../reading/read.ts";

/** The members of a folder as those of an archive. */
async function openFolder(source: Source): Promise<ZipArchive> {
  const members = new Map<string, Uint8Array>(), list = [...source.folder ?? []];
  const wanted = list.filter((name) =>
    /^(config|metadata|lapis)\.json$|\.weights\.h5$|\.safetensors$/.test(name)
  );
  for (const name of [...wanted, ...await source.below?.("assets") ?? []]) {
    const bytes = await source.beside?.(name);
    if (bytes) members.set(name, bytes);
  }
  return {
    names: [...members.keys()],
    has: (name) => members.has(name),
    read(name) {
      const bytes = members.get(name);
      if (bytes) return bytes;
      throw new FormatError(`${source.name}: the folder holds no ${shown(name)}`, {
        file: source.name,
        place: name,
      });
    },
  };
}

/**
 * The weights that an index `.weights.json` of Keras' `save_weights(path, max_shard_size)` names, out of the files beside it; undefined where it is no index.
 * @throws {FormatError} naming a shard that is missing or no HDF5 file; {@link InputError} for one outside the folder.
 */
async function openShards(
  { name, bytes, beside }: Source,
  options: FormatOptions,
): Promise<Hdf5Group | undefined> {
  const { limits } = options, head = bytes.subarray(0, 64).find((b) => b > 32);
  // The length of a header may look like white space.
  if (isSafetensors(bytes) || head !== 0x7b || bytes.length > limits.textBytes) return undefined;
  const json = parseJson(utf8(bytes, name), name, limits);
  const { weight_map: map } = json;
  if (!isJson(map)) return undefined;
  const files = [...new Set(Object.values(map).flat())];
  const wrong = files.find((file) => typeof file !== "string");
  if (files.length === 0 || wrong !== undefined) {
    throw new FormatError(`${name}: weight_map: expected names of files, got ${shown(wrong)}`, {
      file: name,
    });
  }
  if (!beside) {
    throw new FormatError(`${name}: names ${files.length} files beside it, which bytes alone don't lead to`, {
      file: name,
    });
  }
  const groups: Hdf5Group[] = [];
  for (const file of files as string[]) {
    const shard = await beside(file);
    if (!isHdf5(shard)) throw new FormatError(`${file}: is no HDF5 file, though ${name} names it`, { file });
    groups.push(openHdf5(shard, { file, limits, decoders }));
  }
  return joined(groups);
}

/** Several groups as one: what any of them holds. An array stands in one of them. */
function joined(groups: readonly Hdf5Group[]): Hdf5Group {
  const [first] = groups;
  if (!first || groups.length === 1) return first as Hdf5Group;
  const get = (path: string): Hdf5Group | Hdf5Dataset | undefined => {
    const found = groups.filter((g) => g.has(path)).map((g) => g.get(path));
    const inner = found.filter((f) => f?.kind === "group");
    return found.find((f) => f?.kind === "dataset") ?? (inner.length > 0 ? joined(inner) : undefined);
  };
  const missing = (path: string) =>
    new FormatError(`the files of weights hold no ${shown(path)}`, { place: path });
  return {
    kind: "group",
    path: first.path,
    attributes: first.attributes,
    attribute: (name) => groups.map((g) => g.attribute(name)).find((a) => a !== undefined),
    keys: () => [...new Set(groups.flatMap((g) => g.keys()))].sort(),
    has: (path) => groups.some((g) => g.has(path)),
    get,
    group(path) {
      const found = get(path);
      if (found?.kind === "group") return found;
      throw missing(path);
    },
    dataset(path) {
      const found = get(path);
      if (found?.kind === "dataset") return found;
      throw missing(path);
    },
  };
}

/** Opens a folder, and weights in shards: a folder's own, and those given beside a model. */
export async function openParts(source: Source, options: FormatOptions): Promise<Opened> {
  const { weights } = options, given = weights && await openShards(weights, options);
  const index = source.folder?.find((name) => name.endsWith(".weights.json"));
  const bytes = index === undefined || weights ? undefined : await source.beside?.(index);
  const shards = bytes && await openShards({ ...source, name: `${index}`, bytes }, options);
  return {
    ...(source.folder && { folder: await openFolder(source) }),
    ...(shards && { shards }),
    ...(given && { given }),
  };
}
