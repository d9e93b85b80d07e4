"""Classify with the small and quick form of the model in this folder. Needs neither torch nor transformers,
only: pip install numpy onnxruntime pillow

python predict_int8.py one.jpg another.png
"""

import numpy as np
from asked import Found, known
from int8 import classified
from looked import main
from PIL import Image
from preprocess import fitted

how = known("pixels.json")  # what the model's image processor does
scale, offset = np.float32(how["scale"]), np.float32(how["offset"])


def answer(image: Image.Image) -> Found:
    pixels = fitted(image, how) * scale + offset
    return classified({"pixel_values": pixels.transpose(2, 0, 1)})


main(answer)
