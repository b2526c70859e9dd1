"""What Keras' own fine-tuning makes of the same base, pictures and recipe: python keras_transfer.py (three seeds)."""
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
from keras import layers

here = os.path.dirname(os.path.abspath(__file__))


def pictures(part):
    data = keras.utils.image_dataset_from_directory(
        f"{here}/pictures/{part}", color_mode="grayscale", image_size=(28, 28), batch_size=None, shuffle=False, verbose=False
    )
    x, y = zip(*data)
    return np.stack(x) / 255, np.array(y)


x, y = pictures("train")
test = pictures("test")
augment = keras.Sequential(
    [layers.RandomTranslation(0.08, 0.08, fill_mode="nearest"), layers.RandomRotation(8 / 360, fill_mode="nearest")]
)
for seed in range(3):
    keras.utils.set_random_seed(seed)
    order = np.random.permutation(len(y))
    held = np.concatenate([[i for i in order if y[i] == c][:2] for c in range(10)])
    kept = np.setdiff1d(order, held)
    base = keras.saving.load_model(f"{here}/base.keras", compile=False)
    body = keras.Model(base.inputs, base.layers[-2].output)
    start = keras.Input((28, 28, 1))
    out = layers.Dense(10, activation="softmax")(layers.Dropout(0.2)(body(augment(start))))
    model = keras.Model(start, out)

    def stage(rate, epochs):
        model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
        best = keras.callbacks.EarlyStopping(patience=8, restore_best_weights=True)
        model.fit(x[kept], y[kept], validation_data=(x[held], y[held]), epochs=epochs, batch_size=32, callbacks=[best], verbose=0)
        return model.evaluate(*test, verbose=0)[1]

    for layer in body.layers:
        layer.trainable = False
    first = stage(0.01, 60)
    for layer in body.layers:
        layer.trainable = True
    print(f"seed {seed}: head {first:.3f}, then all layers {stage(0.001, 40):.3f}", flush=True)
