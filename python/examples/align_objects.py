#!/usr/bin/env python3
"""Several objects in the same images, from Python: two roosters, the nearer one before a part of the
farther one, and one image of labels for each of two cameras. Reads top to bottom, like a notebook.

    PYTHONPATH=build/python python3 python/examples/align_objects.py [picture.png]

Draws with matplotlib (Debian: python3-matplotlib) where that is there; no display is needed.
"""

import pathlib
import sys

import numpy as np

import ceres_align as ca

ROOT = pathlib.Path(__file__).resolve().parents[2]
FAR_LABEL, NEAR_LABEL = 3, 7

# --- A mesh, once for both objects, and two cameras that see them from 40 degrees apart.
mesh = ca.PreparedMesh(ROOT / "data" / "rooster_small.obj")
camera = ca.Camera.from_fov(38, width=306, height=256)


def pose(turn_deg, place):
    """A turn about the vertical axis of an object that stands upright, at a place, as (4, 4)."""
    angle = np.radians(turn_deg)
    made = np.eye(4)
    made[:3, :3] = [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]
    made[:3, :3] = made[:3, :3] @ np.diag([1.0, -1, -1])  # the mesh's +y points up, OpenCV's down
    made[:3, 3] = place
    return made


truth = {"far": pose(30, [10, -2, 175]), "near": pose(-75, [-12, 4, 120])}
turned = pose(40, [0, 0, 0])[:3, :3] @ np.diag([1.0, -1, -1])
rig = [np.eye(4), np.eye(4)]
rig[1][:3, :3] = turned
rig[1][:3, 3] = np.array([0, 0, 150]) - turned @ [0, 0, 150]

# --- Images of labels, as an annotation tool or a network gives them. Here they are drawn: where both
# are, the nearer one is seen.
draw = ca.Rasterizer()
labels = []
for cam_from_rig in rig:
    image = np.zeros((camera.height, camera.width), np.uint8)
    for name, label in (("far", FAR_LABEL), ("near", NEAR_LABEL)):
        image[draw.coverage(mesh, cam_from_rig @ truth[name], camera) >= 0.5] = label
    labels.append(image)

# --- Each object has a mask in each image. No starts: all rotations of each are searched.
objects = {
    "far": ca.SceneObject(mesh, [image == FAR_LABEL for image in labels], truth=truth["far"]),
    "near": ca.SceneObject(mesh, [image == NEAR_LABEL for image in labels], truth=truth["near"]),
}
stages = []
result = ca.align_objects(objects, camera, rig=rig,
                          progress=lambda name, step: stages.append((name, step.cost)))

# --- A pose, its covariance and a verdict for each.
print(result, "in", result.rounds, "rounds,", len(stages), "steps")
for name, one in result.objects.items():
    print(f"\n{name}: {one.verdict.splitlines()[-1]}")  # before that, all checks
    print("rig_from_world =\n", one.rig_from_world.round(4))
    print("errors:", one.errors)
    print("sigmas (3 deg, 3 mesh units):", None if one.sigmas is None else one.sigmas.round(4))

# --- A picture: the labels of each camera with the outlines of the poses, hidden parts too.
try:
    import matplotlib
except ImportError:
    print("no picture: No module named 'matplotlib'")
    sys.exit(0 if result.usable else 2)
matplotlib.use("Agg")
import matplotlib.pyplot as plt

figure, axes = plt.subplots(1, 2, figsize=(10, 4.4), constrained_layout=True)
for i, (axis, image, cam_from_rig) in enumerate(zip(axes, labels, rig)):
    axis.imshow(image, cmap="gray", vmax=14)
    for (name, one), colour in zip(result.objects.items(), ("tab:orange", "tab:cyan")):
        outline = draw.coverage(mesh, cam_from_rig @ one.rig_from_world, camera)
        axis.contour(outline, [0.5], colors=colour)
        axis.plot([], [], color=colour, label=f"{name}: IoU {one.views[i].iou:.4f}")
    axis.legend(loc="upper right")
    axis.set_axis_off()
path = sys.argv[1] if len(sys.argv) > 1 else "align_objects.png"
figure.savefig(path, dpi=80)
print("\nwritten:", path)
sys.exit(0 if result.usable else 2)
