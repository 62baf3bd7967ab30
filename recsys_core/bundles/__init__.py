"""The run bundle: one file that carries a run to another workspace, and the checks that make bringing one in safe."""
