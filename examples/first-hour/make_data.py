"""Writes the pictures and the base of this folder: python make_data.py (Keras 3.15, scikit-learn, Pillow).

Digits of the UCI set that scikit-learn carries (8 x 8, 16 greys), as JPEG pictures of 32 x 32: zero to four in
digits/train and digits/test; a network trained on five to nine is base.keras. keras.json holds what Keras itself
reaches on zero to four by the same networks: from the base, and from new weights.
"""
import json, os
import numpy as np
import keras
from PIL import Image
from sklearn.datasets import load_digits

keras.utils.set_random_seed(1)
names = ["zero", "one", "two", "three", "four"]
images, labels = load_digits(return_X_y=True)
order = np.random.default_rng(1).permutation(len(labels))
images, labels = images[order].reshape(-1, 8, 8), labels[order]

def picture(a):
    grey = Image.fromarray((255 - a * 255 / 16).astype("uint8")).resize((32, 32), Image.BICUBIC)
    return grey.convert("RGB")

def read(folder):
    x, y = [], []
    for c, name in enumerate(names):
        for file in sorted(os.listdir(f"{folder}/{name}")):
            x.append(np.asarray(Image.open(f"{folder}/{name}/{file}"), "float32") / 255)
            y.append(c)
    return np.stack(x), np.array(y)

for c, name in enumerate(names):
    mine = images[labels == c]
    for part, rows in (("train", mine[:60]), ("test", mine[60:100])):
        os.makedirs(f"digits/{part}/{name}", exist_ok=True)
        for i, row in enumerate(rows):
            picture(row).save(f"digits/{part}/{name}/{i:02}.jpg", quality=90)

def body():
    return [
        keras.layers.Conv2D(8, 3, activation="relu", padding="same", name="conv1"),
        keras.layers.MaxPooling2D(name="pool1"),
        keras.layers.Conv2D(16, 3, activation="relu", padding="same", name="conv2"),
        keras.layers.MaxPooling2D(name="pool2"),
        keras.layers.Conv2D(32, 3, activation="relu", padding="same", name="conv3"),
        keras.layers.GlobalAveragePooling2D(name="pool3"),
    ]

late = labels >= 5
x = np.stack([np.asarray(picture(a), "float32") / 255 for a in images[late]])
y = labels[late] - 5
base = keras.Sequential([keras.Input((32, 32, 3)), *body(), keras.layers.Dense(5, activation="softmax", name="head")])
base.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
base.fit(x, y, epochs=60, batch_size=32, verbose=0)
base.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
base.save("base.keras")
picture(images[labels == 7][0]).save("seven.jpg", quality=95)
seven = np.asarray(Image.open("seven.jpg"), "float32")[None] / 255

(tx, ty), (vx, vy) = read("digits/train"), read("digits/test")
def score(model, rate, epochs):
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(tx, ty, epochs=epochs, batch_size=32, verbose=0)
    return float(model.evaluate(vx, vy, verbose=0)[1])

transfer, scratch = [], []
for seed in (1, 2, 3):
    keras.utils.set_random_seed(seed)
    new = keras.Sequential([keras.Input((32, 32, 3)), *body(), keras.layers.Dense(5, activation="softmax")])
    scratch.append(score(new, 1e-3, 30))
    keras.utils.set_random_seed(seed)
    old = keras.models.load_model("base.keras")
    taken = keras.Sequential([keras.Input((32, 32, 3)), *old.layers[:-1], keras.layers.Dense(5, activation="softmax")])
    for layer in taken.layers[:-1]:
        layer.trainable = False
    score(taken, 1e-2, 20)
    for layer in taken.layers:
        layer.trainable = True
    transfer.append(score(taken, 1e-3, 10))
json.dump({"keras": keras.__version__, "base": float(base.evaluate(x, y, verbose=0)[1]),
           "seven": base.predict(seven, verbose=0)[0].tolist(), "transfer": transfer, "scratch": scratch},
          open("keras.json", "w"), indent=1)
