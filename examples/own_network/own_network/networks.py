"""The two networks. A worker loads this module; the pages never do."""

import keras
from keras import layers, ops, regularizers

from recsys_core.models.own_networks import OwnList, OwnPair, Sizes


class GatedHistory(OwnList):
    """One hidden layer with a gate (Dauphin et al., Language modeling with gated convolutional networks, ICML 2017)."""

    def build(self, sizes: Sizes) -> keras.Model:
        """A history, float32 (batch, n_items), in; scores of the catalogue out."""
        history = keras.Input((sizes.n_items,), name="history")
        size = self.settings["embedding_size"]
        short = history / ops.sqrt(ops.sum(history, axis=-1, keepdims=True) + 3.0)
        vector = layers.Dense(size, use_bias=False)(short) * layers.Dense(size, activation="sigmoid")(short)
        vector = layers.Dropout(self.settings["dropout"])(vector)
        return keras.Model(history, layers.Dense(sizes.n_items)(vector))

    def optimizer(self) -> keras.optimizers.Optimizer:
        """Adam whose weights decay, but for the popularity of the items, which the bias learns."""
        adam = keras.optimizers.AdamW(self.settings["learning_rate"], weight_decay=self.settings["decay"])
        adam.exclude_from_weight_decay(var_names=["bias"])
        return adam


class NeuMf(OwnPair):
    """Neural matrix factorisation (He et al., Neural collaborative filtering, WWW 2017)."""

    def build(self, sizes: Sizes) -> keras.Model:
        """A user's row and an item's row, int32 (batch,), in; a logit (batch, 1) out."""
        user = keras.Input((), dtype="int32", name="user")
        item = keras.Input((), dtype="int32", name="item")
        product = self.vector(user, sizes.n_users) * self.vector(item, sizes.n_items)
        pair = layers.Concatenate()([self.vector(user, sizes.n_users), self.vector(item, sizes.n_items)])
        hidden = layers.Dense(self.settings["hidden_units"], activation="relu")(pair)
        hidden = layers.Dense(self.settings["embedding_size"], activation="relu")(hidden)
        popular = layers.Embedding(sizes.n_items, 1, embeddings_initializer="zeros")(item)
        return keras.Model([user, item], layers.Dense(1)(layers.Concatenate()([product, hidden])) + popular)

    def vector(self, row: keras.KerasTensor, n_rows: int) -> keras.KerasTensor:
        """A table of its own for each view: (batch,) -> (batch, embedding_size)."""
        pull = regularizers.L2(self.settings["l2"])
        return layers.Embedding(n_rows, self.settings["embedding_size"], embeddings_regularizer=pull)(row)
