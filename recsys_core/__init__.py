"""Recsys Studio's core: from an interactions file to a person's list, without a screen.

The map, in the order in which a loop runs:

- `recsys_core.data`: sources, importing, cleaning, the Dataset, splits.
- `recsys_core.models`: the Recommenders, behind one interface and one registry.
- `recsys_core.serving`: scores a finished model without TensorFlow.
- `recsys_core.evaluation`: ranks the whole catalogue, measures, and says how sure the figure is.
- `recsys_core.runs`: the folder a trained model lives in.
- `recsys_core.training`: the worker process that makes a run.
- `recsys_core.scenarios`: questions asked of finished runs.
- `recsys_core.charts`: tables in, Altair charts out.

Nothing heavy is imported here; TensorFlow is loaded by `models` networks only.
"""

__version__ = "0.1.0"
