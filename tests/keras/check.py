"""Real Keras opens the files that Lapis wrote and predicts with them: check.py JOBS.json 3|2

A job: {id, file, config?, inputs: [npy], outputs: [npy], atol, rtol, genuine?}. With `config` the file holds weights
alone. With `genuine` the optimizer's variables must be those of that file. One JSON line a job on stdout.
"""
import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
import h5py
import numpy as np

if sys.argv[2] == "3":
    import keras
else:
    try:
        import tf_keras as keras
    except ImportError:
        try:
            import keras
        except ImportError:
            from tensorflow import keras
OLD = keras.__version__ < "2.4"


def load(path, config=None):
    if config is None:
        return keras.models.load_model(path)
    with open(config) as text:
        model = keras.models.model_from_json(text.read())
    model.load_weights(path)
    return model


def listed(y):
    if isinstance(y, dict):
        return list(y.values())
    return list(y) if isinstance(y, (list, tuple)) else [y]


def differences(model, job):
    inputs = [np.load(f) for f in job["inputs"]]
    given = inputs[0] if len(inputs) == 1 else inputs
    got = listed(model.predict(given) if OLD else model(given, training=False))
    largest, within = 0.0, True
    for y, file in zip(got, job["outputs"]):
        y, want = np.asarray(y), np.load(file)
        if y.shape != want.shape:
            return None, f"shape {y.shape}, expected {want.shape}"
        same = (y == want) | ((y != y) & (want != want))
        gap = np.where(same, 0.0, np.abs(y.astype("float64") - want.astype("float64")))
        largest = max(largest, float(gap.max(initial=0.0)))
        within = within and bool((same | (gap <= job["atol"] + job["rtol"] * np.abs(want))).all())
    if len(got) != len(job["outputs"]):
        return None, f"{len(got)} outputs, expected {len(job['outputs'])}"
    return largest, None if within else f"differs by {largest:.2e}"


def variables(optimizer):
    values = optimizer.variables
    return [np.asarray(v) for v in (values() if callable(values) else values)]


def stored(path):
    """Optimizer variables of a whole-model .h5 file: Keras 3 doesn't load those of its own files either."""
    with h5py.File(path) as file:
        group = file["optimizer_weights"]
        return [group[name][()] for name in group.attrs["weight_names"]]


def same_in_keras2(model, genuine):
    """tf-keras keeps no rate and no scalars among the variables, and a slot for SGD without momentum too."""
    with h5py.File(genuine) as file:
        group = file["optimizer_weights"]
        theirs = {str(name): group[name][()] for name in group.attrs["weight_names"]}
    rate = [v for n, v in theirs.items() if n.endswith("learning_rate")]
    theirs = [v for n, v in theirs.items() if n.endswith("iteration") or np.ndim(v) > 0]
    mine = variables(model.optimizer)
    if len(theirs) == 1:
        theirs += [np.zeros_like(v) for v in mine[1:]]
    if len(mine) != len(theirs):
        return f"{len(mine)} optimizer variables, expected {len(theirs)}"
    if rate and np.float32(model.optimizer.learning_rate.numpy()) != rate[0]:
        return f"learning rate {model.optimizer.learning_rate.numpy()}, expected {rate[0]}"
    return None if all(np.array_equal(a, b) for a, b in zip(mine, theirs)) else "optimizer variables differ"


def same_optimizer(model, path, genuine):
    if sys.argv[2] == "2":
        return same_in_keras2(model, genuine)
    if path.endswith(".h5"):
        mine, theirs = stored(path), stored(genuine)
    else:
        mine, theirs = variables(model.optimizer), variables(load(genuine).optimizer)
    if len(mine) != len(theirs):
        return f"{len(mine)} optimizer variables, expected {len(theirs)}"
    if model.optimizer.get_config() != load(genuine).optimizer.get_config():
        return "the optimizer is configured otherwise"
    same = all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in zip(mine, theirs))
    return None if same else "optimizer variables differ"


def run(job):
    try:
        model = load(job["file"], job.get("config"))
    except Exception as error:
        return {"opened": False, "problem": f"{type(error).__name__}: {error}"[:400]}
    try:
        if job.get("genuine"):
            return {"opened": True, "problem": same_optimizer(model, job["file"], job["genuine"]), "max": 0.0}
        largest, problem = differences(model, job)
        return {"opened": True, "problem": problem, "max": largest}
    except Exception as error:
        return {"opened": True, "problem": f"{type(error).__name__}: {error}"[:400]}


with open(sys.argv[1]) as file:
    jobs = json.load(file)
print(json.dumps({"version": keras.__version__}), flush=True)
for job in jobs:
    print(json.dumps({"id": job["id"], **run(job)}), flush=True)
    getattr(keras.backend, "clear_session", lambda: None)()
