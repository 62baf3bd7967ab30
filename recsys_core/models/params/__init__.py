"""Parameters of the networks, apart from their code: pages and the command line read them without TensorFlow.

One module a network, named like it, with its `PARAMS`.
"""
