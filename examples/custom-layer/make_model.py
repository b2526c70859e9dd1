"""Writes swirl.keras with Keras 3.15.1, and prints what it predicts for the numbers 1 to 4."""
import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable("acme")
class Swirl(keras.layers.Layer):
    def __init__(self, k=1, **kwargs):
        super().__init__(**kwargs)
        self.k = k

    def build(self, input_shape):
        self.scale = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="scale")

    def call(self, x):
        return ops.roll(x, self.k, axis=-1) * self.scale

    def get_config(self):
        return {**super().get_config(), "k": self.k}


keras.utils.set_random_seed(1)
model = keras.Sequential([keras.Input((4,)), Swirl(k=3), keras.layers.Dense(2)])
model.layers[0].scale.assign([0.5, -1.0, 2.0, 0.25])
model.save("swirl.keras")
print(model.predict(np.array([[1.0, 2.0, 3.0, 4.0]]), verbose=0).tolist())
