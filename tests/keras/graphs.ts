/** ONNX models as layers for Keras to open: real exports, where the shared fixtures are there. @module */
import {
  type DType,
  loadModel,
  readNpy,
  registry,
  type Tensor,
  tensor,
  UnsupportedError,
} from "../../mod.ts";
import { layersFromGraph } from "../../public/edit.ts";
import { exists, root } from "../support/sources.ts";
import type { OwnModel } from "./models.ts";

interface Item {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly file?: string;
  readonly values?: readonly (string | number)[];
}
interface Case {
  readonly data_sets: readonly { readonly inputs: readonly Item[] }[];
}

/** Every model of the visible cases that has layers. */
export async function graphModels(): Promise<readonly OwnModel[]> {
  const folder = new URL("../shared/fixtures/onnx/visible/", root), found: OwnModel[] = [];
  if (!await exists(folder)) return [];
  const names = [...Deno.readDirSync(folder)].map((e) => e.name).filter((n) => !n.startsWith("broken"))
    .sort();
  for (const name of names) {
    const place = new URL(`${name}/`, folder);
    const test = JSON.parse(await Deno.readTextFile(new URL("case.json", place))) as Case;
    const [set] = test.data_sets;
    if (!set) continue;
    try {
      const model = await loadModel(new URL("model.onnx", place), { backend: "plain", warn: () => {} });
      const made = layersFromGraph(model.graph(), registry, { name });
      const inputs = await Promise.all(model.inputs.map(async (port): Promise<Tensor> => {
        const item = set.inputs.find((i) => i.name === port.name);
        if (!item) throw new UnsupportedError(`input ${port.name} has a value of its own`);
        if (item.file === undefined) return tensor([...item.values ?? []], item.shape, item.dtype);
        return { ...readNpy(await Deno.readFile(new URL(item.file, place))), dtype: item.dtype };
      }));
      found.push({ name: `onnx ${name}`, build: () => made, inputs });
    } catch (error) {
      if (!(error instanceof UnsupportedError)) throw error;
    }
  }
  return found;
}
