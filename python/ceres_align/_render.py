"""Drawing: coverage with its derivatives, and maps."""

from typing import NamedTuple

from . import _core
from ._core import InputError
from ._mesh import prepared_mesh


class Rows(NamedTuple):
    """The pixels on an outline: all whose derivatives are not zero."""

    rows: object
    columns: object
    coverage: object
    jacobian: object


class Maps(NamedTuple):
    """What render() returns; None for what was not asked for. All float32 but face (int32).

    mask (H, W): the covered part of each pixel. The others are of the point that is seen at the
    pixel's centre, 0 (face: -1) where there is none: depth (H, W), its Z in the camera; face
    (H, W), the index into PreparedMesh.faces; normal (H, W, 3), a unit vector towards the camera,
    and position (H, W, 3), both in the camera's frame.
    """

    mask: object
    depth: object
    face: object
    normal: object
    position: object


class Rasterizer:
    """Exact silhouette coverage and its derivatives by the pose.

    backend: "auto", "cpu" or "cuda"; num_threads: 0 is one per core. May be used from several
    threads at once. In all methods mesh is a PreparedMesh (or what it is made of: prepare it once),
    cam_from_object a pose (4, 4), camera a Camera, whose cam_from_rig does not count. window: odd;
    k > 1 compares only the middle 1/k x 1/k of each pixel.
    """

    def __init__(self, backend="auto", num_threads=0):
        self._core = _core.Rasterizer(backend, num_threads)

    @property
    def name(self):
        """"cpu" or "cuda"."""
        return self._core.name

    def coverage(self, mesh, cam_from_object, camera, window=1):
        """(H, W) float64: the part of each pixel that the mesh covers, exact to 1e-7."""
        return self._core.coverage(prepared_mesh(mesh), cam_from_object, camera, window)

    def jacobian(self, mesh, cam_from_object, camera, window=1):
        """(coverage (H, W), jacobian (H, W, 6)), both float64.

        jacobian[..., k] is the derivative of the coverage by the k-th number of [omega, v]:
        omega (rad) turns the object about its centre, v (mesh units) shifts it, both along the
        camera's axes: ``x_cam -> c + exp(omega) (x_cam - c) + v`` with c the place of
        PreparedMesh.center in the camera. moved() does just that.
        """
        return self._core.jacobian(prepared_mesh(mesh), cam_from_object, camera, window)

    def outline(self, mesh, cam_from_object, camera, window=1):
        """Rows: of the pixels on the outline alone the place (rows, columns: (n,) int32), the
        coverage (n,) and the jacobian (n, 6), as above; all other rows of it are zero."""
        return Rows(*self._core.outline(prepared_mesh(mesh), cam_from_object, camera, window))


def moved(cam_from_object, mesh, tangent):
    """The pose (4, 4) after the object was moved by tangent [omega, v] (see
    Rasterizer.jacobian)."""
    return _core.moved(cam_from_object, prepared_mesh(mesh), tangent)


def render(mesh, cam_from_object, camera, kinds=("mask", "depth", "normal"), *,
           smooth_normals=True, backend="auto", num_threads=0):
    """Maps of what a camera sees of a mesh, through its lens.

    kinds: of "mask", "depth", "face", "normal", "position". smooth_normals: of the vertices,
    interpolated; False: the faces' own.
    """
    kinds = [kinds] if isinstance(kinds, str) else kinds
    try:
        kinds = set(kinds)
    except TypeError:
        raise InputError(f"kinds is a {type(kinds).__name__}; a list of str is due") from None
    unknown = kinds - set(Maps._fields)
    if unknown or not kinds:
        raise InputError(f"kinds: {sorted(map(str, unknown))} are no maps; there are "
                         f"{', '.join(Maps._fields)}")
    if not isinstance(smooth_normals, bool):
        raise InputError(f"smooth_normals is a {type(smooth_normals).__name__}; True or False is "
                         "due")
    core = _core.Rasterizer(backend, num_threads)
    return Maps(*core.maps(prepared_mesh(mesh), cam_from_object, camera, kinds,
                           smooth_normals))
