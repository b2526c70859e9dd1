"""Writes patches.keras with Keras 3.15.1, and prints what it predicts for an image of the numbers 0 to 31."""
import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable("acme")
class Patches(keras.layers.Layer):
    def __init__(self, size, **kwargs):
        super().__init__(**kwargs)
        self.size = size

    def call(self, x):
        y = ops.image.extract_patches(x, self.size)
        return ops.reshape(y, (-1, y.shape[1] * y.shape[2], y.shape[3]))

    def get_config(self):
        return {**super().get_config(), "size": self.size}


keras.utils.set_random_seed(1)
model = keras.Sequential([keras.Input((4, 4, 2)), Patches(2), keras.layers.Dense(1)])
model.save("patches.keras")
print(model.predict(np.arange(32.0).reshape(1, 4, 4, 2), verbose=0).ravel().tolist())
