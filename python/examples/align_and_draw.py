#!/usr/bin/env python3
"""The demo from Python, with pictures: two masks of the rooster 30 degrees apart, a start that is
20 degrees off, the pose, and what is known about it. Reads top to bottom, like a notebook.

    PYTHONPATH=build/python python3 python/examples/align_and_draw.py [picture.png]

Draws with matplotlib (Debian: python3-matplotlib); no display is needed.
"""

import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

import ceres_align as ca

ROOT = pathlib.Path(__file__).resolve().parents[2]

# --- The mesh, once for all alignments, and two cameras that see it from 30 degrees apart.
mesh = ca.PreparedMesh(ROOT / "data" / "rooster_small.obj")
camera = ca.Camera.from_fov(60, width=306, height=256)


def turned_about(point, degrees):
    """A turn about the vertical axis through a point of the camera's frame, as a pose (4, 4)."""
    angle = np.radians(degrees)
    pose = np.eye(4)
    pose[0, 0] = pose[2, 2] = np.cos(angle)
    pose[0, 2], pose[2, 0] = np.sin(angle), -np.sin(angle)
    pose[:3, 3] = point - pose[:3, :3] @ point
    return pose


truth = np.eye(4)  # cam_from_world; OpenCV's +y points down, the mesh's up
truth[:3, :3] = turned_about(np.zeros(3), 35)[:3, :3] @ np.diag([1.0, -1, -1])
truth[:3, 3] = [2, -1, 120]
rig = [np.eye(4), turned_about(np.array([0, 0, 120.0]), 30)]

# --- Masks. Here they are drawn; yours come from files or from a network.
draw = ca.Rasterizer()
masks = [draw.coverage(mesh, cam_from_rig @ truth, camera) >= 0.5 for cam_from_rig in rig]

# --- A start that is 20 degrees and some way off, and the alignment, which tells its steps.
start = ca.moved(truth, mesh, np.radians([12, 0, 16]).tolist() + [4, -3, 8])
steps = []
result = ca.align(mesh, masks, camera, start, rig=rig, truth=truth, progress=steps.append)

print(result)
print(result.verdict)
print("R =\n", result.R, "\nT =", result.T)
print("errors:", result.errors)
print("sigmas (3 deg, 3 mesh units):", result.sigmas)

# --- Pictures: each view's mask with the outline at the start and at the end, the depth, the cost.
figure, axes = plt.subplots(2, 3, figsize=(12, 7), constrained_layout=True)
for row, (mask, cam_from_rig) in enumerate(zip(masks, rig)):
    left, right = axes[row, 0], axes[row, 1]
    left.imshow(mask, cmap="gray", vmin=0, vmax=2)
    for pose, colour in ((start, "tab:orange"), (result.rig_from_world, "tab:cyan")):
        left.contour(draw.coverage(mesh, cam_from_rig @ pose, camera), [0.5], colors=colour)
    left.set_title(f"{result.views[row].name}: mask, start, result")
    maps = ca.render(mesh, cam_from_rig @ result.rig_from_world, camera, ["depth"])
    shown = right.imshow(np.where(maps.depth > 0, maps.depth, np.nan))
    figure.colorbar(shown, ax=right, label="depth, mesh units")
    right.set_title(f"IoU {result.views[row].iou:.4f}")
for picture in axes[:, :2].flat:
    picture.set_axis_off()

for level in range(steps[0].num_levels):
    of_level = [i for i, step in enumerate(steps) if step.level == level]
    axes[0, 2].semilogy(of_level, [steps[i].cost for i in of_level], ".-")
axes[0, 2].set(title="cost, a colour for each level", xlabel="step", ylabel="px")
names = [check.name for check in result.checks]
axes[1, 2].barh(names, [1] * len(names),
                color=["tab:green" if check.ok else "tab:red" for check in result.checks])
axes[1, 2].invert_yaxis()
axes[1, 2].set(title="usable" if result.usable else "NOT usable", xticks=[])

path = sys.argv[1] if len(sys.argv) > 1 else "align_and_draw.png"
figure.savefig(path, dpi=80)
print("written:", path)
