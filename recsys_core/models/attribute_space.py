"""Attributes in fewer numbers: hashed text squeezed to its main directions, everything else as it is.

A title has hundreds of cells, most of them shared by a handful of items: a network would learn them by heart, as so
many more ids. Its main directions (latent semantic analysis; Deerwester et al., JASIS 1990) leave it the topics:
learned from the cells themselves, titles cost lists of known items .008 of NDCG@10 (`benchmarks/grids/two_tower.py`).
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import block_diag, csr_matrix, identity

from recsys_core.data.attribute_columns import TextColumn
from recsys_core.data.attribute_encoder import AttributeEncoder

FEWEST_DIRECTIONS, MOST_DIRECTIONS = 4, 32
ROWS_A_DIRECTION = 50
"""So many texts carry a direction: more directions of a small catalogue would be learned by heart again."""
TEXT_LENGTH = 0.3
"""Of a text, beside 1 of a known category: titles that say nothing then do little harm to new items."""


def main_directions(encoder: AttributeEncoder, vectors: csr_matrix) -> csr_matrix:
    """What vectors of attributes are multiplied with, float32, shape (width, fewer); at least one column.

    Args:
        encoder: says which cells hold text.
        vectors: the attributes that are known, shape (n, width); the directions are theirs.
    """
    blocks, start = [], 0
    for column in encoder.columns:
        cells = vectors[:, start : start + column.width]
        start += column.width
        text = isinstance(column, TextColumn)
        blocks.append(_directions(cells) if text else identity(column.width, np.float32))
    if not blocks:
        return csr_matrix((encoder.width, 1), dtype=np.float32)
    return csr_matrix(block_diag(blocks), dtype=np.float32)


def _directions(cells: csr_matrix) -> np.ndarray:
    from sklearn.utils.extmath import randomized_svd

    wanted = np.clip(cells.shape[0] // ROWS_A_DIRECTION, FEWEST_DIRECTIONS, MOST_DIRECTIONS)
    found = randomized_svd(cells, min(int(wanted), *cells.shape), random_state=0)[2]
    return np.asarray(TEXT_LENGTH * found.T)
