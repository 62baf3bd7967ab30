"""Scores a finished model without TensorFlow: ONNX for networks, arrays for the rest."""
