"""Writes sampling.keras and leaky.keras with Keras 3.15.1, and prints what they predict for the numbers 0, 0.1, 0.2 and on."""
import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable("acme")
class Sampling(keras.layers.Layer):
    def call(self, inputs, training=False):
        mean, log_variance = inputs
        if not training:
            return mean
        return mean + ops.exp(0.5 * log_variance) * keras.random.normal(ops.shape(mean))


@keras.saving.register_keras_serializable("acme")
class LeakyCell(keras.layers.Layer):
    def __init__(self, units, rate=0.5, **kwargs):
        super().__init__(**kwargs)
        self.units, self.rate = units, rate
        self.state_size = units

    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], self.units), name="kernel")
        self.recurrent_kernel = self.add_weight(
            shape=(self.units, self.units), initializer="orthogonal", name="recurrent_kernel"
        )

    def call(self, x, states, training=False):
        (h,) = states
        seen = ops.tanh(ops.matmul(x, self.kernel) + ops.matmul(h, self.recurrent_kernel))
        h = h + self.rate * (seen - h)
        return h, [h]

    def get_config(self):
        return {**super().get_config(), "units": self.units, "rate": self.rate}


def shown(model, *shape):
    x = (np.arange(np.prod(shape)) / 10).reshape(shape).astype("float32")
    print(model.predict(x, verbose=0).ravel().tolist())


keras.utils.set_random_seed(1)
x = keras.Input((3,))
latent = Sampling()([keras.layers.Dense(2)(x), keras.layers.Dense(2)(x)])
model = keras.Model(x, keras.layers.Dense(3)(latent))
model.save("sampling.keras")
shown(model, 2, 3)
model = keras.Sequential([keras.Input((4, 2)), keras.layers.RNN(LeakyCell(3, rate=0.25))])
model.save("leaky.keras")
shown(model, 1, 4, 2)
