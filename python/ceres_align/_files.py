"""Readers and writers."""

import warnings
from typing import NamedTuple

from . import _core
from ._align import _count, _list_for
from ._core import Camera, InputError
from ._mesh import PreparedMesh, is_path, prepared_mesh


class InputWarning(UserWarning):
    """Something in a file is odd, though it may be meant."""


class Mesh(NamedTuple):
    """vertices (n, 3) float64 and faces (m, 3) int32."""

    vertices: object
    faces: object


class CameraFormat(NamedTuple):
    name: str
    what: str
    can_read: bool
    can_write: bool


class CameraSet(NamedTuple):
    """Cameras whose poses are known in one frame. cameras: Camera, with cam_from_rig the pose in
    that frame (None where the file has poses alone); cam_from_reference (n, 4, 4), None where it
    has intrinsics alone; images and masks: paths as the file has them, "" where it has none;
    conventions: what the reader assumed, one sentence each; reference_from_object: the object's
    pose where the file has one (BOP)."""

    names: list
    cameras: list
    cam_from_reference: object
    images: list
    masks: list
    conventions: list
    reference_from_object: object


def _warn(lines):
    for line in lines:
        warnings.warn(line, InputWarning, stacklevel=3)


def load_mesh(path, *, scale=None, unit=None, up=None):
    """Reads a mesh file, cleaned: Mesh(vertices, faces). Warns (InputWarning) of oddities. For
    aligning, PreparedMesh(path) reads it too."""
    if not is_path(path):
        raise InputError(f"path is a {type(path).__name__}; a path is due")
    mesh = PreparedMesh(path, scale, unit, up)
    _warn(mesh._warnings)
    return Mesh(mesh.vertices, mesh.faces)


def save_mesh(path, mesh):
    """Writes .obj or .ply, whole or not at all. mesh: (vertices, faces) or a PreparedMesh."""
    if isinstance(mesh, PreparedMesh):
        mesh = (mesh.vertices, mesh.faces)
    if not isinstance(mesh, (tuple, list)) or len(mesh) != 2:
        raise InputError("mesh must be (vertices, faces) or a PreparedMesh")
    _core.save_mesh(path, mesh[0], mesh[1])


def load_mask(path, *, size=None, threshold=None):
    """Reads a mask (PNG, JPEG, BMP, PNM, TIFF, .npy, "labels.png:3", COCO's JSON) as coverage
    (height, width) float32 in [0, 1]. size: (height, width) that it must have. Warns
    (InputWarning) of oddities."""
    mask, lines = _core.load_mask(path, size, threshold)
    _warn(lines)
    return mask


def load_ignore(path, *, size=None):
    """Reads an image whose nonzero pixels are to be ignored: 1 there, else 0, float32. 1 minus it
    is a weight for align()."""
    return _core.load_ignore(path, size)


def save_mask(path, mask):
    """Writes coverage (height, width), of any dtype that align() takes, as an 8-bit PNG."""
    _core.save_mask(path, mask)


def load_photo(path):
    """Reads a photograph as (height, width, 3) uint8, red first."""
    return _core.load_photo(path)


def image_size(path):
    """(height, width) by the file's header."""
    return _core.image_size(path)


def save_exr(path, values):
    """Writes float32 (height, width) or (height, width, 3) as OpenEXR, without loss."""
    _core.save_exr(path, values)


def read_matrix(path):
    """A matrix from .npy or text, float64."""
    return _core.read_matrix(path)


def read_pose(path):
    """A rigid transformation (4, 4) from .npy or text."""
    return _core.read_pose(path)


def write_matrix(path, matrix):
    """Writes .npy (float64) where the path ends so, else CSV with 17 digits."""
    _core.write_matrix(path, matrix)


def camera_formats():
    """All camera formats: list of CameraFormat. "gltf" is written as well."""
    return [CameraFormat(*one) for one in _core.camera_formats()]


def read_cameras(format, path, *, image_size=None, pixel_center=None, rig_form=None, image_id=-1,
                 object_id=-1):
    """Reads another tool's cameras: CameraSet.

    format: a name of camera_formats(). image_size: (height, width), of files without one.
    pixel_center: 0 or 0.5, instead of the format's own. rig_form: how a relative pose multiplies,
    "opencv", "pytorch3d_row" or "pytorch3d_column". image_id, object_id: of BOP; -1: the first.
    """
    fields = _core.read_cameras(format, path, image_size, pixel_center, rig_form, image_id,
                                object_id)
    return CameraSet(**fields)


def write_cameras(format, path, cameras, cam_from_reference=None, *, names=None, images=None,
                  mesh=None):
    """Writes cameras for another tool, all files or none.

    cam_from_reference: a pose (4, 4) for each (Result.cam_from_world, say); None: the cameras'
    own cam_from_rig. names, images (photographs' paths): one for each. mesh: for "gltf", whose
    path ends in .glb.
    """
    n = _count(cameras, "cameras")
    for i, camera in enumerate(cameras):
        if not isinstance(camera, Camera):
            raise InputError(f"cameras[{i}] is a {type(camera).__name__}; a Camera is due")
    if cam_from_reference is None:
        cam_from_reference = [camera.cam_from_rig for camera in cameras]
    elif _count(cam_from_reference, "cam_from_reference") != n:
        raise InputError(f"cam_from_reference has {len(cam_from_reference)} poses, cameras has {n}")
    names = [f"view{i}" for i in range(n)] if names is None else _list_for(names, n, "names")
    if mesh is not None:
        mesh = prepared_mesh(mesh)
    _core.write_cameras(format, path, list(cameras), list(cam_from_reference), names,
                        _list_for(images, n, "images"), mesh)
