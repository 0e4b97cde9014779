"""Scenes for the tests, with masks of a renderer of their own."""

import numpy as np

import ceres_align as ca


def boxes_mesh():
    """Three boxes that make a shape without symmetry: (vertices, faces)."""
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    triangles = [t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))]
    parts = [((-3, -1, -1), (6, 2, 2)), ((1, -0.6, -0.7), (1.3, 4, 1.1)),
             ((-2.6, -0.5, 0.4), (1, 1.2, 2.5))]
    vertices = np.concatenate([np.array(low) + corners * size for low, size in parts])
    faces = np.concatenate([np.array(triangles) + 8 * i for i in range(len(parts))])
    return vertices, faces


def rotation(rotation_vector):
    w = np.asarray(rotation_vector, float)
    angle = np.linalg.norm(w)
    if angle == 0:
        return np.eye(3)
    x, y, z = w / angle
    K = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * K + (1 - np.cos(angle)) * K @ K


def pose(rotation_vector, translation):
    made = np.eye(4)
    made[:3, :3] = rotation(rotation_vector)
    made[:3, 3] = translation
    return made


def sampled_mask(mesh, cam_from_object, camera, samples=4):
    """The share of samples x samples points of each pixel that some projected triangle holds."""
    vertices, faces = mesh
    in_cam = vertices @ cam_from_object[:3, :3].T + cam_from_object[:3, 3]
    assert (in_cam[:, 2] > 0).all()
    px = in_cam[:, :2] / in_cam[:, 2:] * [camera.fx, camera.fy] + [camera.cx, camera.cy]
    n = samples
    covered = np.zeros((n * camera.height, n * camera.width), bool)
    for corners in px[faces]:
        # Only the points of the triangle's own rectangle.
        low = np.clip(np.floor(n * corners.min(0)).astype(int), 0, covered.shape[::-1])
        high = np.clip(np.ceil(n * corners.max(0)).astype(int), 0, covered.shape[::-1])
        x = (np.arange(low[0], high[0]) + 0.5) / n
        y = ((np.arange(low[1], high[1]) + 0.5) / n)[:, None]
        sides = [(q[0] - p[0]) * (y - p[1]) - (q[1] - p[1]) * (x - p[0])
                 for p, q in zip(corners, np.roll(corners, -1, 0))]
        inside = np.all([s >= 0 for s in sides], 0) | np.all([s <= 0 for s in sides], 0)
        covered[low[1]:high[1], low[0]:high[0]] |= inside
    return covered.reshape(camera.height, n, camera.width, n).mean((1, 3))


CAMERA = ca.Camera(fx=150, fy=150, cx=80, cy=64, width=160, height=128)
TRUTH = pose([0.4, 0.7, -0.2], [0.3, -0.2, 14])
RIG = pose([0, 0.9, 0], [0, 0, 0])
RIG[:3, 3] = [0, 0, 14] - RIG[:3, :3] @ [0, 0, 14]


def two_views():
    """(mesh, masks, cameras): two cameras 52 degrees apart about the object."""
    mesh = boxes_mesh()
    masks = [sampled_mask(mesh, one @ TRUTH, CAMERA) for one in (np.eye(4), RIG)]
    return mesh, masks, [CAMERA, CAMERA.at(RIG)]


def start_off(degrees, mesh):
    axis = np.array([0.5, -0.7, 0.5]) / np.linalg.norm([0.5, -0.7, 0.5])
    return ca.moved(TRUTH, mesh, np.append(np.radians(degrees) * axis, [0.4, -0.3, 0.8]))


def angle_deg(a, b):
    """Between the rotations of two poses."""
    R = a[:3, :3] @ b[:3, :3].T
    return np.degrees(np.linalg.norm(R - np.eye(3)) / np.sqrt(2))
