"""The small and quick form of the model in this folder, in ONNX Runtime."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnxruntime
from asked import HERE, Found, known

config = known("config.json")
labels = {int(number): label for number, label in config["id2label"].items()}
several = config.get("problem_type") == "multi_label_classification"
options = onnxruntime.SessionOptions()
# Where a processor cannot add up products of 8 bits, take the slower way that can.
options.add_session_config_entry("session.x64quantprecision", "1")
session = onnxruntime.InferenceSession(str(HERE / "model_int8.onnx"), options)


def classified(inputs: Mapping[str, Any]) -> Found:
    """The labels of one input; of its `inputs` the model takes those that it needs, by name."""
    given = {node.name: np.array([inputs[node.name]]) for node in session.get_inputs()}
    logits = session.run(None, given)[0][0].astype(float)
    if several:
        shares = 1 / (1 + np.exp(-logits))
    else:
        shares = np.exp(logits - logits.max())
        shares /= shares.sum()
    label_shares = [(labels[k], float(share)) for k, share in enumerate(shares)]
    return sorted(label_shares, key=lambda label_share: -label_share[1])
