"""Meshes: what the other files take for one."""

import os

from ._core import PreparedMesh


def is_path(value):
    return isinstance(value, (str, bytes, os.PathLike))


def prepared_mesh(mesh):
    """A PreparedMesh as it is; of a path or (vertices, faces) one is made."""
    return mesh if isinstance(mesh, PreparedMesh) else PreparedMesh(mesh)
