#!/usr/bin/env python3
"""What Python adds to an alignment, and whether memory grows: two masks 60 degrees apart and a
start 20 degrees off, with a prepared mesh.

    PYTHONPATH=build/python python3 tools/bench_python.py [runs]

Compares, in the same runs, the wall time of ceres_align.align() with what the C++ function Align
takes of it by its own clock. On a busy machine the least and the median say most.
"""

import gc
import os
import pathlib
import sys
import time

import numpy as np

import ceres_align as ca

ROOT = pathlib.Path(__file__).resolve().parents[1]
RIG_DEG = 60


def resident_kb():
    gc.collect()
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def scene(width, height):
    mesh = ca.PreparedMesh(ROOT / "data" / "rooster_small.obj")
    camera = ca.Camera.from_fov(60, width, height)
    truth = np.diag([1.0, -1, -1, 1])
    truth[2, 3] = 120
    angle = np.radians(RIG_DEG)
    rig = np.eye(4)
    rig[0, 0] = rig[2, 2] = np.cos(angle)
    rig[0, 2], rig[2, 0] = np.sin(angle), -np.sin(angle)
    rig[:3, 3] = [0, 0, 120] - rig[:3, :3] @ [0, 0, 120]
    draw = ca.Rasterizer("cpu", 1)
    masks = [draw.coverage(mesh, one @ truth, camera) >= 0.5 for one in (np.eye(4), rig)]
    start = ca.moved(truth, mesh, np.radians([12, 0, 16]).tolist() + [4, -3, 8])
    return (mesh, masks, [camera, camera.at(rig)], start), truth


def overhead(width, height, runs):
    given, truth = scene(width, height)
    whole, inside = [], []
    for _ in range(runs):
        begin = time.perf_counter()
        result = ca.align(*given, truth=truth, backend="cpu", num_threads=1)
        whole.append(1e3 * (time.perf_counter() - begin))
        inside.append(1e3 * sum(result.seconds[name] for name in ("prepare", "solve", "assess")))
    added = np.array(whole) - inside
    print(f"{width}x{height}: {runs} runs, error {result.errors.rotation_deg:.3f} deg; align() "
          f"{min(whole):.2f} ms at least, {np.median(whole):.2f} median; of it C++ "
          f"{min(inside):.2f}, {np.median(inside):.2f}; Python adds {min(added):.3f} at least, "
          f"{np.median(added):.3f} median")


def growth(runs):
    given, _ = scene(306, 256)
    for _ in range(20):
        ca.align(*given, backend="cpu", num_threads=1)
    sizes = [resident_kb()]
    for i in range(1, runs + 1):
        ca.align(*given, backend="cpu", num_threads=1)
        if i % (runs // 4) == 0:
            sizes.append(resident_kb())
    print(f"resident memory over {runs} alignments: {sizes} kB")


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    overhead(306, 256, max(1, number // 5))
    overhead(1920, 1080, max(1, number // 50))
    growth(number)
