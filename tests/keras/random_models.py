"""Random models by whatever Keras this Python has, 1.2 to 3: random_models.py FOLDER SEED COUNT

Each is trained a little, saved in every form that this version writes, and tells what it predicts and how three more steps of
training from each file go: FOLDER/N.json names files, inputs, outputs, losses, and predictions after them. A line a model.
"""
import json
import os
import random
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
import warnings

warnings.filterwarnings("ignore")
import numpy as np

try:
    import keras
except ImportError:
    from tensorflow import keras
if keras.__version__ >= "2.4":
    # Tracing takes most of the time, and computes the same.
    import tensorflow

    tensorflow.config.run_functions_eagerly(True)
VERSION = tuple(int(n) for n in keras.__version__.split("-")[0].split(".")[:2])
OLD, NEW = VERSION < (2, 0), VERSION >= (3, 0)
L = keras.layers
Model = keras.models.Model


class Unknown(Exception):
    """A layer that this version lacks, or sizes that don't fit."""


class Maker:
    """Draws layers; remembers whether one of them draws numbers itself."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.noisy = False

    def chance(self, p):
        return self.rng.random() < p

    def pick(self, *items):
        return self.rng.choice(items)

    def units(self):
        return self.rng.randint(1, 6)

    def activation(self):
        names = ["relu", "tanh", "sigmoid", "linear", "softplus", "softsign", "hard_sigmoid"]
        if VERSION >= (2, 1):
            names += ["elu", "selu"]
        if VERSION >= (2, 3) and NEW:
            names += ["gelu", "silu", "mish", "leaky_relu", "relu6"]
        return self.rng.choice(names)

    def dense(self, units, **more):
        if OLD:
            return L.Dense(units, **more)
        if self.chance(0.2):
            more["use_bias"] = False
        if self.chance(0.15):
            more["kernel_regularizer"] = self.pick("l1", "l2") if VERSION >= (2, 3) else keras.regularizers.l2(0.01)
        if self.chance(0.1):
            more["kernel_constraint"] = self.pick("non_neg", "unit_norm")
        return L.Dense(units, **more)

    def recurrent(self, sequences):
        kind = self.pick("LSTM", "GRU", "SimpleRNN")
        more = {"return_sequences": sequences}
        if self.chance(0.3):
            more["go_backwards"] = True
        if self.chance(0.3):
            more["activation"] = self.pick("relu", "sigmoid", "softsign", "tanh")
        if not OLD and kind == "GRU" and VERSION >= (2, 1) and self.chance(0.4):
            more["reset_after"] = self.pick(True, False)
        if not OLD and kind != "SimpleRNN" and self.chance(0.3):
            more["recurrent_activation"] = self.pick("sigmoid", "hard_sigmoid")
        if not OLD and self.chance(0.2):
            more["use_bias"] = False
        if kind == "LSTM" and not OLD and self.chance(0.3):
            more["unit_forget_bias"] = False
        if OLD and kind != "SimpleRNN" and self.chance(0.5):
            more["consume_less"] = self.pick("cpu", "mem", "gpu")
        layer = getattr(L, kind)(self.units(), **more)
        if self.chance(0.25):
            mode = self.pick("concat", "sum", "ave", "mul")
            more.pop("go_backwards", None)
            layer = L.Bidirectional(getattr(L, kind)(self.units(), **more), merge_mode=mode)
        return layer

    def norm(self):
        kind = self.pick("batch", "batch", "layer", "unit", "group")
        if kind == "batch" or VERSION < (2, 4):
            return L.BatchNormalization(**({} if OLD else {"scale": self.chance(0.7), "center": self.chance(0.7), "momentum": self.pick(0.9, 0.99)}))
        if kind == "unit" and hasattr(L, "UnitNormalization"):
            return L.UnitNormalization()
        if kind == "group" and hasattr(L, "GroupNormalization"):
            return L.GroupNormalization(groups=self.pick(1, -1))
        return L.LayerNormalization(epsilon=self.pick(1e-3, 1e-2))

    def anywhere(self):
        """A layer that keeps its input's shape."""
        kind = self.pick("activation", "norm", "dropout", "leaky", "prelu", "elu", "noise", "relu")
        if kind == "activation":
            return L.Activation(self.activation())
        if kind == "norm":
            return self.norm()
        if kind == "leaky":
            return L.LeakyReLU(0.2)
        if kind == "prelu":
            return L.PReLU()
        if kind == "elu":
            return L.ELU(0.7)
        if kind == "relu" and VERSION >= (2, 2):
            return L.ReLU(self.pick(None, 1.0, 6.0))
        self.noisy = True
        if kind == "noise":
            return L.GaussianNoise(0.1)
        return L.Dropout(0.3)

    # Each gives a tensor from one, and whether its mask is gone.
    def on_vector(self, x):
        if self.chance(0.6):
            return self.dense(self.units(), activation=self.activation())(x)
        return self.anywhere()(x)

    def on_sequence(self, x, masked):
        kinds = ["rnn", "rnn", "dense", "any", "branch", "time"]
        if not masked:
            kinds += ["conv", "pool", "pad", "up", "attention", "permute", "crop", "separable"]
        elif VERSION >= (2, 4):
            kinds += ["attention"]
        kind = self.rng.choice(kinds)
        if kind == "rnn":
            return self.recurrent(True)(x)
        if kind == "dense" and not OLD:
            return self.dense(self.units(), activation=self.activation())(x)
        if kind in ("time", "dense"):
            return L.TimeDistributed(L.Dense(self.units(), activation=self.activation()))(x)
        if kind == "branch":
            return self.branch(x, lambda: self.recurrent(True) if OLD else self.dense(self.units()))
        if kind == "conv" and not OLD:
            return L.Conv1D(self.units(), self.pick(1, 2, 3), padding=self.pick("same", "valid", "causal"), activation=self.activation(), **self.pick({}, {"strides": 2}, {"dilation_rate": 2}))(x)
        if kind == "separable" and VERSION >= (2, 2):
            return L.SeparableConv1D(self.units(), self.pick(1, 2, 3), padding=self.pick("same", "valid"))(x)
        if kind == "pool":
            return self.pick(L.MaxPooling1D, L.AveragePooling1D)(2)(x)
        if kind == "pad":
            return L.ZeroPadding1D(self.pick(1, 2))(x)
        if kind == "crop":
            return L.Cropping1D((1, 0))(x)
        if kind == "up":
            return L.UpSampling1D(2)(x)
        if kind == "permute":
            return L.Permute((2, 1))(x)
        if kind == "attention" and VERSION >= (2, 4):
            which = self.pick("dot", "add", "multi")
            if which == "multi":
                return L.MultiHeadAttention(2, 3)(x, x)
            if which == "add":
                return L.AdditiveAttention(**({"use_scale": self.chance(0.5)}))([x, x])
            return L.Attention(use_scale=self.chance(0.5))([x, x])
        return self.anywhere()(x)

    def on_image(self, x):
        if OLD:
            return self.pick(L.Convolution2D(self.units(), 2, 2, border_mode=self.pick("same", "valid"), activation="relu"), L.MaxPooling2D((2, 2)), L.ZeroPadding2D((1, 1)), L.UpSampling2D((2, 2)), L.BatchNormalization())(x)
        kind = self.pick("conv", "conv", "depthwise", "separable", "transpose", "pool", "pad", "crop", "up", "any", "branch")
        same = {"padding": self.pick("same", "valid")}
        if kind == "conv":
            return L.Conv2D(self.units(), self.pick(1, 2, 3, (2, 1)), activation=self.activation(), **dict(same, **self.pick({}, {"strides": 2}, {"dilation_rate": 2})))(x)
        if kind == "depthwise" and VERSION >= (2, 2):
            return L.DepthwiseConv2D(self.pick(1, 2, 3), depth_multiplier=self.pick(1, 2), **same)(x)
        if kind == "separable":
            return L.SeparableConv2D(self.units(), self.pick(1, 2, 3), depth_multiplier=self.pick(1, 2), **same)(x)
        if kind == "transpose":
            return L.Conv2DTranspose(self.units(), self.pick(1, 2, 3), strides=self.pick(1, 2), **same)(x)
        if kind == "pool":
            return self.pick(L.MaxPooling2D, L.AveragePooling2D)(2, **same)(x)
        if kind == "pad":
            return L.ZeroPadding2D(((1, 0), (0, 2)))(x)
        if kind == "crop":
            return L.Cropping2D(((1, 0), (0, 1)))(x)
        if kind == "up":
            return L.UpSampling2D((2, 1), **(self.pick({}, {"interpolation": "bilinear"}) if VERSION >= (2, 3) else {}))(x)
        if kind == "branch":
            return self.branch(x, lambda: L.Conv2D(self.units(), 3, padding="same"))
        return self.anywhere()(x)

    def branch(self, x, make):
        """A layer used twice, or two layers, and a merge."""
        first = make()
        if self.chance(0.4):
            a, b = first(x), first(L.Activation("tanh")(x))
        else:
            a, b = first(x), x
        shape = keras.backend.int_shape if not NEW and not OLD else (lambda t: t.shape if NEW else t._keras_shape)
        merges = ["concatenate"] + (["add", "multiply", "maximum", "average"] if tuple(shape(a)) == tuple(shape(b)) else [])
        if OLD:
            return L.merge([a, b], mode={"concatenate": "concat", "add": "sum", "multiply": "mul", "maximum": "max", "average": "ave"}[self.rng.choice(merges)])
        return getattr(L, self.rng.choice(merges))([a, b])

    def vector_from(self, x, kind, masked):
        if kind == "vector":
            return x
        if kind == "image":
            if self.chance(0.5):
                return self.pick(L.GlobalAveragePooling2D, L.GlobalMaxPooling2D)()(x)
            return L.Flatten()(x)
        if masked or self.chance(0.5):
            return self.recurrent(False)(x)
        if self.chance(0.5):
            return self.pick(L.GlobalAveragePooling1D, L.GlobalMaxPooling1D)()(x)
        return L.Flatten()(x)

    def trunk(self, rows):
        kind = self.pick("vector", "sequence", "ids", "image")
        state = np.random.RandomState(self.rng.randint(0, 10**6))
        if kind == "vector":
            size = self.rng.randint(2, 6)
            given, data = L.Input(shape=(size,)), state.randn(rows, size)
        elif kind == "image":
            shape = (self.rng.randint(4, 7), self.rng.randint(4, 7), self.rng.randint(1, 3))
            given, data = L.Input(shape=shape), state.randn(rows, *shape)
        elif kind == "sequence":
            shape = (self.rng.randint(3, 6), self.rng.randint(1, 4))
            given, data = L.Input(shape=shape), state.randn(rows, *shape)
        else:
            steps = self.rng.randint(3, 6)
            given, data = L.Input(shape=(steps,), dtype="int32"), state.randint(0, 8, (rows, steps))
        x, masked = given, False
        if kind == "ids":
            masked = self.chance(0.6)
            x = L.Embedding(8, self.rng.randint(2, 4), mask_zero=masked)(x)
            data[:, 0] = np.maximum(data[:, 0], 1)
        elif kind == "sequence" and self.chance(0.3):
            masked = True
            for row in range(rows):
                data[row, state.randint(1, data.shape[1]):] = 0.0
            x = L.Masking(0.0)(x)
        for _ in range(self.rng.randint(1, 4)):
            if kind == "vector":
                x = self.on_vector(x)
            elif kind == "image":
                x = self.on_image(x)
            else:
                x = self.on_sequence(x, masked)
        x = self.vector_from(x, "sequence" if kind == "ids" else kind, masked)
        return given, x, data.astype("int32" if kind == "ids" else "float32")

    def nested(self, x):
        shape = x.shape if NEW else (x._keras_shape if hasattr(x, "_keras_shape") else keras.backend.int_shape(x))
        inner = L.Input(shape=tuple(int(n) for n in shape[1:]))
        y = self.dense(self.units(), activation="tanh")(inner)
        if self.chance(0.5):
            y = self.norm()(y)
        made = Model(inner, y)
        return made(x)

    def model(self, rows):
        trunks = [self.trunk(rows) for _ in range(1 if self.chance(0.7) else 2)]
        parts = [x for _, x, _ in trunks]
        x = parts[0] if len(parts) == 1 else (L.merge(parts, mode="concat") if OLD else L.concatenate(parts))
        if self.chance(0.3):
            x = self.nested(x)
        heads, targets, losses = [], [], []
        state = np.random.RandomState(self.rng.randint(0, 10**6))
        for _ in range(1 if self.chance(0.75) else 2):
            task = self.pick("number", "classes", "binary", "sparse")
            size = 1 if task == "binary" else self.rng.randint(2, 4)
            last = {"number": "linear", "binary": "sigmoid"}.get(task, "softmax")
            heads.append(L.Dense(size, activation=last)(x))
            if task == "number":
                targets.append(state.randn(rows, size).astype("float32"))
                losses.append(self.pick("mse", "mae", "mape" if VERSION < (1, 0) else "mse", "logcosh" if not OLD and not NEW and VERSION >= (2, 1) else "mae"))
            elif task == "binary":
                targets.append(state.randint(0, 2, (rows, 1)).astype("float32"))
                losses.append(self.pick("binary_crossentropy", "mse", "hinge"))
            elif task == "classes":
                targets.append(np.eye(size, dtype="float32")[state.randint(0, size, rows)])
                losses.append(self.pick("categorical_crossentropy", "kullback_leibler_divergence" if not NEW else "kl_divergence", "mse"))
            else:
                targets.append(state.randint(0, size, (rows, 1)).astype("int32"))
                losses.append("sparse_categorical_crossentropy")
        made = Model([g for g, _, _ in trunks] if len(trunks) > 1 else trunks[0][0], heads if len(heads) > 1 else heads[0])
        return made, [d for _, _, d in trunks], targets, losses

    def optimizer(self):
        O = keras.optimizers
        rate = {"lr": 0.01} if OLD or VERSION < (2, 3) else {"learning_rate": 0.01}
        kind = self.pick("SGD", "RMSprop", "Adam", "Adamax", "Nadam", "Adagrad", "Adadelta", "AdamW", "Lion", "Ftrl")
        more = {}
        if kind == "SGD":
            more = self.pick({}, {"momentum": 0.9}, {"momentum": 0.8, "nesterov": True})
        if kind == "Adam" and VERSION >= (2, 2):
            more = self.pick({}, {"amsgrad": True}, {"beta_1": 0.8})
        if kind == "RMSprop" and VERSION >= (2, 4):
            more = self.pick({}, {"momentum": 0.5}, {"centered": True})
        if self.chance(0.2):
            more["clipnorm"] = 0.5
        if not hasattr(O, kind) or (kind == "Ftrl"):
            kind = "Adam"
            more.pop("momentum", None)
            more.pop("centered", None)
        return getattr(O, kind)(**dict(rate, **more))


def listed(y):
    return list(y) if isinstance(y, (list, tuple)) else [y]


def one(seed, folder):
    np.random.seed(seed)
    getattr(keras.backend, "clear_session", lambda: None)()
    maker, rows = Maker(seed), 6
    model, inputs, targets, losses = maker.model(rows)
    rng = np.random.RandomState(seed)
    # Biases and statistics that are all zeros or ones hide what is mixed up.
    model.set_weights([w + 0.1 * rng.rand(*w.shape).astype(w.dtype) if w.dtype.kind == "f" else w for w in model.get_weights()])
    x, y = inputs if len(inputs) > 1 else inputs[0], targets if len(targets) > 1 else targets[0]
    model.compile(optimizer=maker.optimizer(), loss=losses if len(losses) > 1 else losses[0])
    steps = not maker.noisy
    if steps:
        for _ in range(2):
            model.train_on_batch(x, y)
    base, files = os.path.join(folder, str(seed)), []
    # .h5 of Keras 3 takes the optimizer out of the configuration, so it goes last.
    for ending in ([".keras"] if VERSION >= (2, 13) else []) + [".h5"]:
        try:
            model.save(base + ending)
            files.append(str(seed) + ending)
        except Exception as error:
            print("not saved", ending, str(error)[:100], file=sys.stderr)
    said = {"version": keras.__version__, "files": files, "inputs": [], "outputs": [], "targets": [], "training": {},
            "layers": [type(l).__name__ for l in model.layers], "optimizer": type(model.optimizer).__name__, "loss": losses}
    quiet = {} if OLD else {"verbose": 0}

    def store(kind, arrays):
        names = []
        for i, a in enumerate(arrays):
            names.append("%d.%s%d.npy" % (seed, kind, i))
            np.save(os.path.join(folder, names[-1]), np.asarray(a))
        return names

    said["inputs"], said["targets"] = store("inputs", inputs), store("targets", targets)
    said["outputs"] = store("outputs", listed(model.predict(x, **quiet)))
    for file in files if steps else []:
        # Training goes on from the file, since not every version keeps all of its optimizer there.
        try:
            again = keras.models.load_model(os.path.join(folder, file))
            went = []
            for _ in range(3):
                if NEW:
                    # Up to 3.4 a batch's loss is the mean of all batches since.
                    again.reset_metrics()
                went.append(float(listed(again.train_on_batch(x, y))[0]))
        except Exception as error:
            # Keras 3 can't go on from some of its own .h5 files.
            print(json.dumps({"seed": seed, "file": file, "not continued": "%s: %s" % (type(error).__name__, str(error)[:100])}), flush=True)
            continue
        said["training"][file] = {"losses": went, "after": store("after" + file.split(".")[-1], listed(again.predict(x, **quiet)))}
    with open(base + ".json", "w") as out:
        json.dump(said, out)
    print(json.dumps({"seed": seed, "layers": said["layers"]}), flush=True)


folder, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
print(json.dumps({"version": keras.__version__}), flush=True)
for seed in range(first, first + count):
    try:
        one(seed, folder)
    except Exception as error:  # sizes that don't fit: another seed
        print(json.dumps({"seed": seed, "skipped": "%s: %s" % (type(error).__name__, str(error)[:160])}), flush=True)
