/** Names files and folders that are no model that Lapis reads, and says what to do with each. @module */
import { InputError, UnsupportedError } from "../../core/values/errors.ts";
import type { Source } from "../../core/model/format.ts";
import type { FormatDef } from "../../core/registry.ts";
import { isHdf5 } from "../hdf5/mod.ts";
import { isZip, openZip } from "../archives/zip.ts";
import { binary, type Foreign, fromTensorFlow, jsons, texts } from "./signatures.ts";

export type { Foreign } from "./signatures.ts";

/** Characters that are looked at. */
const looked = 4096;

/** What a file is where it is none of ours, by its first bytes and, where those don't tell, its name. */
export function foreignFile(bytes: Uint8Array, name: string): Foreign | undefined {
  if (isZip(bytes)) return foreignArchive(bytes);
  if (isHdf5(bytes)) return foreignHdf5(bytes);
  const head = String.fromCharCode(...bytes.subarray(0, looked)),
    text = head.replace(/^\xef\xbb\xbf/, "").trimStart();
  if (/^\{\s*["}]/.test(text)) {
    // A configuration of Keras begins with the class of a model; what others wrap around one comes before it.
    const outer = text.split('"class_name"')[0] ?? text;
    return jsons.find((s) => s.begins.test(outer));
  }
  const found = texts.find((s) => s.begins.test(text)) ??
    binary.find((s) => s.begins.test(head) && (s.ends === undefined || s.ends.test(name)));
  const size = /^version https:\/\/git-lfs[^]*?\nsize (\d+)/.exec(text)?.[1];
  return found && size !== undefined ? { ...found, what: `${found.what} (of ${size} bytes)` } : found;
}

/** Other programs' HDF5 files: pandas and MATLAB leave their names in attributes. */
function foreignHdf5(bytes: Uint8Array): Foreign | undefined {
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, 1 << 20));
  if (/model_config|layer_names|model_weights|keras/.test(text)) return undefined;
  if (text.includes("PYTABLES_FORMAT_VERSION")) {
    return {
      what: "a table of pandas or PyTables (HDF5)",
      help: "that is data: write it as CSV, and give a model",
    };
  }
  if (text.includes("MATLAB_class")) return { what: "a MATLAB file (HDF5)", help: "expected a model" };
  return undefined;
}

/** Kinds of archives by the names of their members. */
function foreignArchive(bytes: Uint8Array): Foreign | undefined {
  let names: readonly string[];
  try {
    names = openZip(bytes).names;
  } catch {
    return undefined;
  }
  const some = (pattern: RegExp) => names.find((name) => pattern.test(name));
  if (names.length === 0 || some(/(^|\/)(config\.json|model\.weights\.h5)$/)) return undefined;
  if (some(/(^|\/)data\.pkl$/)) {
    const script = some(/(^|\/)constants\.pkl$/) ? "a TorchScript model" : "a PyTorch checkpoint";
    return {
      what: `${script} (a zip archive around a Python pickle)`,
      help:
        'pickles are programs and are never run; write ONNX with torch.onnx.export(model, inputs, "model.onnx")',
    };
  }
  if (some(/(^|\/)(archive_format|serialized_exported_program\.json)$|^models\/.*\.json$/)) {
    return {
      what: "a program of torch.export (.pt2)",
      help: 'write ONNX with torch.onnx.export(model, inputs, "model.onnx")',
    };
  }
  if (some(/(^|\/)saved_model\.pb$/)) return { what: "a zipped TensorFlow SavedModel", help: fromTensorFlow };
  if (some(/com\.apple\.CoreML/)) {
    return { what: "a Core ML package", help: "give the model that it was made from" };
  }
  if (names.every((name) => name.endsWith(".npy"))) {
    return {
      what: "an archive of NumPy arrays (.npz)",
      help: "that is data: give a model, and this as its input",
    };
  }
  if (some(/^META-INF\/MANIFEST\.MF$|^AndroidManifest\.xml$/)) {
    return { what: "a Java or Android archive", help: "expected a model" };
  }
  if (some(/^\[Content_Types\]\.xml$/)) {
    return { what: "an Office document", help: "that is data: write it as CSV, and give a model" };
  }
  const model = some(/\.(onnx|keras|h5|hdf5|tflite|safetensors)$/i);
  if (model !== undefined) {
    return { what: `a zip archive around ${model}`, help: "unpack it and give the model inside" };
  }
  return undefined;
}

/** What a folder is, by the names of the files in it. */
export function foreignFolder(names: readonly string[]): Foreign {
  const some = (pattern: RegExp) => names.find((name) => pattern.test(name));
  if (some(/^saved_model\.pb(txt)?$/)) return { what: "a TensorFlow SavedModel", help: fromTensorFlow };
  const tfjs = some(/^model\.json$/);
  if (tfjs !== undefined && some(/shard\d+of\d+/)) {
    return {
      what: "a TensorFlow.js model",
      help: "convert it with tensorflowjs_converter --input_format=tfjs_layers_model --output_format=keras",
    };
  }
  if (
    some(/^config\.json$/) &&
    some(/^(pytorch_model.*\.bin|.*\.safetensors|tf_model\.h5|flax_model\.msgpack)$/)
  ) {
    return {
      what: "a Hugging Face model",
      help: "write ONNX with optimum-cli export onnx, and give the .onnx file",
    };
  }
  if (some(/^checkpoint$/) || some(/\.ckpt.*\.index$/)) {
    return { what: "a TensorFlow checkpoint", help: fromTensorFlow };
  }
  if (some(/^Manifest\.json$/)) {
    return { what: "a Core ML package", help: "give the model that it was made from" };
  }
  const models = names.filter((name) => /\.(keras|h5|hdf5|onnx)$/i.test(name));
  const [first] = models;
  if (first !== undefined) {
    return {
      what: "a directory, expected a file",
      help: `it holds ${models.slice(0, 5).join(", ")}: give one of them`,
    };
  }
  return { what: "a directory, expected a file", help: "it holds no .keras, .h5 or .onnx file" };
}

/** @throws {UnsupportedError} that says what a file is, where it is none of ours. */
export function refuseForeign(bytes: Uint8Array, name: string): void {
  const found = foreignFile(bytes, name);
  if (found) throw new UnsupportedError(`${name}: is ${found.what}; ${found.help}`, { file: name });
}

/** Files and folders of other programs as a format that only names them. */
export const foreign: FormatDef = {
  kind: "format",
  name: "foreign",
  summary: "none: names files of other programs and says what to do with them",
  extensions: [],
  detect({ bytes, folder, name }: Source) {
    if (folder !== undefined) return true;
    return foreignFile(bytes, name) ? "signature" : false;
  },
  async read({ bytes, folder, name }) {
    await Promise.resolve();
    if (folder === undefined) refuseForeign(bytes, name);
    const { what, help } = foreignFolder(folder ?? []);
    throw new InputError(`${name}: is ${what}; ${help}`, { file: name });
  },
};
