"""Checks ONNX files in a folder with onnx's own checker and strict shape inference; a JSON line for each that is wrong."""
import json
import pathlib
import sys

import onnx


def problem(path):
    try:
        onnx.checker.check_model(str(path), full_check=True)
        model = onnx.load(str(path))
        onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    except Exception as error:  # Whatever it is, the file is wrong.
        return str(error).strip().splitlines()[0]
    graph = model.graph
    known = {value.name for value in [*graph.value_info, *graph.output, *graph.input]}
    missing = [name for node in graph.node for name in node.output if name and name not in known]
    return f"values without a type: {', '.join(missing[:3])}" if missing else None


files = sorted(pathlib.Path(sys.argv[1]).glob("**/*.onnx"))
wrong = 0
for file in files:
    found = problem(file)
    if found is not None:
        wrong += 1
        print(json.dumps({"file": str(file), "problem": found}))
print(json.dumps({"version": onnx.__version__, "files": len(files), "wrong": wrong}))
