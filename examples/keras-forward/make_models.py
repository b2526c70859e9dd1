"""Makes the Keras models whose forward passes main.ts compares: python make_models.py FOLDER [--width SHARE].

Weights and biases are random, as large as trained ones; what Keras gives for the inputs is kept in float32, and how far
float32 is from the same network in float64 is the measure of the tolerance.
"""

import argparse
import json
import pathlib

import keras
import numpy as np
from keras import layers

parser = argparse.ArgumentParser()
parser.add_argument("folder", type=pathlib.Path)
parser.add_argument("--width", type=float, default=1.0, help="share of the filters and units")
parser.add_argument("--rows", type=int, default=100)
arguments = parser.parse_args()
folder, share, rows = arguments.folder, arguments.width, arguments.rows
folder.mkdir(parents=True, exist_ok=True)
rng = np.random.default_rng(20261122)
words, length = max(50, int(2500 * share)), 100
images = rng.integers(0, 256, (rows, 32, 32, 3)).astype("float32") / 255
# Texts of different lengths: what follows them is padding, which the masks leave out.
tokens = rng.integers(1, words, (rows, length)).astype("int32")
tokens[np.arange(length)[None, :] >= rng.integers(5, length + 1, (rows, 1))] = 0


def wide(n):
    return max(2, int(n * share))


def cnn(filters, kernel=3, per=1):
    list_ = [layers.Input((32, 32, 3))]
    for f in filters:
        list_ += [layers.Conv2D(wide(f), kernel, padding="same", activation="relu") for _ in range(per)]
        list_ += [layers.MaxPooling2D(2)]
    list_ += [layers.Flatten(), layers.Dropout(0.3), layers.Dense(wide(64), activation="relu")]
    return lambda: list_ + [layers.Dense(10, activation="softmax")]


def recurrent(kind, units, count=1, both=False):
    def make():
        list_ = [layers.Input((length,), dtype="int32"), layers.Embedding(words, wide(64), mask_zero=True)]
        for i in range(count):
            layer = kind(wide(units), return_sequences=i < count - 1)
            list_ += [layers.Bidirectional(layer) if both else layer]
        return list_ + [layers.Dropout(0.3), layers.Dense(3, activation="softmax")]

    return make


RNN, LSTM = layers.SimpleRNN, layers.LSTM
cases = [
    ("CNN layers", "2", cnn([32, 64]), "images"),
    ("CNN layers", "4", cnn([32, 64], per=2), "images"),
    ("CNN layers", "6", cnn([32, 64, 64], per=2), "images"),
    ("filters", "16-32-64", cnn([16, 32, 64]), "images"),
    ("filters", "32-64-128", cnn([32, 64, 128]), "images"),
    ("filters", "64-128-256", cnn([64, 128, 256]), "images"),
    ("kernel", "3", cnn([32, 64, 128], 3), "images"),
    ("kernel", "5", cnn([32, 64, 128], 5), "images"),
    ("kernel", "7", cnn([32, 64, 128], 7), "images"),
    ("SimpleRNN layers", "1", recurrent(RNN, 64, 1), "tokens"),
    ("SimpleRNN layers", "2", recurrent(RNN, 64, 2), "tokens"),
    ("SimpleRNN layers", "3", recurrent(RNN, 64, 3), "tokens"),
    ("SimpleRNN direction", "one", recurrent(RNN, 64), "tokens"),
    ("SimpleRNN direction", "both", recurrent(RNN, 64, 1, True), "tokens"),
    ("LSTM layers", "1", recurrent(LSTM, 64, 1), "tokens"),
    ("LSTM layers", "2", recurrent(LSTM, 64, 2), "tokens"),
    ("LSTM layers", "3", recurrent(LSTM, 64, 3), "tokens"),
    ("LSTM direction", "one", recurrent(LSTM, 64), "tokens"),
    ("LSTM direction", "both", recurrent(LSTM, 64, 1, True), "tokens"),
]


def weights_like(variable):
    shape = variable.shape
    # Recurrent kernels below 1: a SimpleRNN above it doubles every rounding error, step by step.
    gain = 0.8 if "recurrent" in variable.path else 1.5
    scale = 0.1 if len(shape) == 1 else gain / np.sqrt(np.prod(shape[:-1]))
    return (rng.standard_normal(shape) * scale).astype("float32")


index, inputs = [], {"images": images, "tokens": tokens}
for name, value in inputs.items():
    np.save(folder / f"{name}.npy", value)
for number, (group, value, make, kind) in enumerate(cases, 1):
    keras.config.set_floatx("float32")
    model = keras.Sequential(make(), name=f"model{number:02}")
    model.set_weights([weights_like(w) for w in model.weights])
    out = model.predict(inputs[kind], verbose=0)
    file = f"{number:02}.keras"
    model.save(folder / file)
    np.save(folder / f"{number:02}.npy", out)
    keras.config.set_floatx("float64")
    twin = keras.Sequential.from_config(json.loads(json.dumps(model.get_config()).replace('"float32"', '"float64"')))
    twin.set_weights([w.astype("float64") for w in model.get_weights()])
    exact = twin.predict(inputs[kind].astype("float64") if kind == "images" else inputs[kind], verbose=0)
    # At least an ulp of 1, where the two happen to agree.
    error = max(float(np.abs(out - exact).max()), 2.0**-23)
    index.append({
        "group": group, "value": value, "model": file, "input": f"{kind}.npy", "output": f"{number:02}.npy",
        "parameters": model.count_params(), "keras": keras.__version__, "float32Error": error,
    })
    print(group, value, model.count_params(), error, flush=True)
(folder / "index.json").write_text(json.dumps(index, indent=1) + "\n")
