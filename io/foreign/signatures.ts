/** Files that people hand over in place of a model: how each begins, what it is, and what to do. @module */
// deno-lint-ignore-file no-control-regex -- signatures are bytes

/** What a file is, and the way to a model. */
export interface Foreign {
  /** What it is, as in `a TensorFlow Lite model (FlatBuffers)`. */
  readonly what: string;
  /** What to do. */
  readonly help: string;
}
/** A kind of file by its first bytes, one character a byte. */
export interface Signature extends Foreign {
  readonly begins: RegExp;
  /** Where endings of names decide as well. */
  readonly ends?: RegExp;
}

const fromTorch = 'write ONNX with torch.onnx.export(model, inputs, "model.onnx")';
/** The way out of TensorFlow's own forms. */
export const fromTensorFlow =
  'save it from Keras (model.save("model.keras")), or write ONNX with tf2onnx.convert';
const fromKeras = "convert the Keras or ONNX model that it was made from";
const asInput = "that is data: give a model, and this as its input";
const unpack = "unpack it and give the model inside";

/** Binary kinds. None of them begins as HDF5, zip or ONNX does. */
export const binary: readonly Signature[] = [
  { begins: /^....TFL3/s, what: "a TensorFlow Lite model", help: fromKeras },
  {
    begins: /^....ORTM/s,
    what: "a model in onnxruntime's own format (.ort)",
    help: "give the .onnx file that it was made from",
  },
  {
    begins: /^GGUF/,
    what: "a GGUF model (llama.cpp)",
    help: "give the model that it was made from as ONNX or Keras",
  },
  { begins: /^(lmgg|fmgg|tjgg)/, what: "a GGML model (llama.cpp)", help: "give the model as ONNX or Keras" },
  {
    begins: /^\x80\x02\x8a\x0a\x6c\xfc\x9c\x46/,
    what: "a PyTorch checkpoint (a Python pickle)",
    help: `pickles are programs and are never run: ${fromTorch}`,
  },
  {
    begins: /^\x80[\x02-\x05][\x95}\](\x8ac]/,
    what: "a Python pickle (scikit-learn, joblib, older PyTorch)",
    help: "pickles are programs and are never run; write ONNX, for scikit-learn with skl2onnx",
  },
  { begins: /^\x1f\x8b/, what: "a gzip file", help: unpack },
  { begins: /^BZh[1-9]/, what: "a bzip2 file", help: unpack },
  { begins: /^\xfd7zXZ/, what: "an xz file", help: unpack },
  { begins: /^\x28\xb5\x2f\xfd/, what: "a Zstandard file", help: unpack },
  { begins: /^7z\xbc\xaf\x27\x1c/, what: "a 7-Zip archive", help: unpack },
  { begins: /^Rar!/, what: "a RAR archive", help: unpack },
  { begins: /^.{257}ustar/s, what: "a tar archive", help: unpack },
  { begins: /^\x93NUMPY/, what: "a NumPy array", help: asInput },
  { begins: /^PAR1/, what: "a Parquet table", help: asInput },
  { begins: /^ARROW1/, what: "an Arrow table", help: asInput },
  { begins: /^(\x89PNG|\xff\xd8\xff|GIF8|RIFF....WEBP)/s, what: "a picture", help: asInput },
  { begins: /^(RIFF....WAVE|ID3|fLaC|OggS)/s, what: "a sound", help: asInput },
  { begins: /^%PDF/, what: "a PDF document", help: "expected a model" },
  {
    begins: /^\0asm/,
    what: "a WebAssembly module",
    help: "one of lapis build runs by itself; give the model that it was made from",
  },
  { begins: /^\x7fELF|^MZ|^\xcf\xfa\xed\xfe/, what: "a program or library", help: "expected a model" },
  { begins: /^SQLite format 3\0/, what: "an SQLite database", help: "expected a model" },
  { begins: /^(ftrt|ptrt)/, what: "a TensorRT engine", help: "give the ONNX model that it was made from" },
  { begins: /^CBM1/, what: "a CatBoost model", help: 'write ONNX: model.save_model(file, format="onnx")' },
  {
    begins: /^(binf|\{L)/,
    what: "an XGBoost model",
    help: "write ONNX with onnxmltools.convert_xgboost",
  },
  {
    begins: /^\x08\x01\x12/,
    ends: /\.pb$/i,
    what: "a TensorFlow SavedModel's graph",
    help: fromTensorFlow,
  },
  {
    begins: /^\x0a[^]{1,3}\x0a[^]{1,120}?\x12[^](Const|Placeholder|VarHandleOp|NoOp|Variable)/,
    what: "a frozen TensorFlow graph (GraphDef)",
    help: fromTensorFlow,
  },
  {
    begins: /^[^]/,
    ends: /group\d+-shard\d+of\d+(\.bin)?$/i,
    what: "weights of a TensorFlow.js model",
    help: "they belong to the model.json beside them",
  },
  { begins: /^[^]/, ends: /\.mlmodel$/i, what: "a Core ML model", help: fromKeras },
  { begins: /^[^]/, ends: /\.pdmodel$/i, what: "a PaddlePaddle model", help: "write ONNX with paddle2onnx" },
  { begins: /^[^]/, ends: /\.(caffemodel|prototxt)$/i, what: "a Caffe model", help: "convert it to ONNX" },
  {
    begins: /^[^]/,
    ends: /\.index$|\.data-\d+-of-\d+$/i,
    what: "a TensorFlow checkpoint",
    help: fromTensorFlow,
  },
];

/** Kinds of text, without the white space before it. */
export const texts: readonly Signature[] = [
  {
    begins: /^version https:\/\/git-lfs\.github\.com\/spec/,
    what: "a Git LFS pointer, not the file itself",
    help: "fetch the file with git lfs pull, or download it whole",
  },
  {
    begins: /^(<!doctype html|<html|<head|<body|<script)/i,
    what: "a web page (HTML), as a server answers in place of a file",
    help: "download the file itself",
  },
  {
    begins: /^(<\?xml[^]*?)?<net\b/,
    what: "an OpenVINO model (its XML)",
    help: "give the model that it was made from",
  },
  {
    begins: /^<\?xml|^<Error>/,
    what: "an XML document, as a store answers in place of a file",
    help: "download the file itself",
  },
  {
    begins: /^(ir_version|opset_import|producer_name|graph)\s*[:{]|^<\s*ir_version/,
    what: "an ONNX model written as text",
    help: "write it as bytes: onnx.save(model, file)",
  },
  {
    begins: /^node\s*\{|^saved_model_schema_version/,
    what: "a TensorFlow graph as text",
    help: fromTensorFlow,
  },
  { begins: /^model_checkpoint_path:/, what: "a TensorFlow checkpoint", help: fromTensorFlow },
  {
    begins: /^tree\s*\n\s*version=/,
    what: "a LightGBM model",
    help: "write ONNX with onnxmltools.convert_lightgbm",
  },
  { begins: /^7767517\b/, what: "an ncnn model", help: "give the ONNX model that it was made from" },
  { begins: /^\[net(work)?\]/, what: "a Darknet configuration", help: "convert it to ONNX" },
  {
    begins: /^(import|from)\s+[\w.]+(\s+import|\s+as|\s*\n)/,
    what: "a Python program",
    help: 'run it in Python and save its model: model.save("model.keras")',
  },
];

/** Kinds of JSON, by what stands in the first characters. */
export const jsons: readonly Signature[] = [
  {
    begins: /"format"\s*:\s*"graph-model"/,
    what: "a TensorFlow.js graph model",
    help: fromTensorFlow,
  },
  {
    begins: /"format"\s*:\s*"layers-model"|"modelTopology"|"weightsManifest"/,
    what: "a TensorFlow.js layers model",
    help: "convert it with tensorflowjs_converter --input_format=tfjs_layers_model --output_format=keras",
  },
  {
    begins: /^\{\s*"learner"/,
    what: "an XGBoost model",
    help: "write ONNX with onnxmltools.convert_xgboost",
  },
  { begins: /^\{\s*"cells"\s*:/, what: "a Jupyter notebook", help: "save its model and give that" },
  {
    begins: /"architectures"\s*:\s*\[|"model_type"\s*:/,
    what: "a Hugging Face configuration",
    help: "write ONNX with optimum-cli export onnx, and give the .onnx file",
  },
  {
    begins: /"added_tokens"\s*:/,
    what: "a tokenizer's configuration",
    help: "expected a model",
  },
  {
    begins: /"weight_map"\s*:/,
    what: "an index of safetensors files",
    help: "expected a model: .keras, .h5 or .onnx",
  },
];
