"""Exits with 0 if the module that is imported lies in the folder given and aligns.

    python_test.py FOLDER      with FOLDER in PYTHONPATH
"""

import os
import sys

import numpy as np

import ceres_align as ca

assert os.path.samefile(os.path.dirname(ca.__file__), os.path.join(sys.argv[1], "ceres_align"))
assert os.path.isfile(os.path.join(os.path.dirname(ca.__file__), "py.typed"))
# A square of 2 units that spans 24 px at 60 px: 5 units away.
mask = np.zeros((64, 64), np.uint8)
mask[20:44, 20:44] = 255
square = (np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], float),
          np.array([[0, 1, 2], [0, 2, 3]], np.int32))
camera = ca.Camera(width=64, height=64, fx=60, fy=60, cx=32, cy=32)
start = np.eye(4)
start[:3, 3] = 0.3, -0.2, 6
result = ca.align(square, [mask], [camera], start=start)
print("distance of the square:", result.T[2])
assert abs(result.T[2] - 5) < 0.05
