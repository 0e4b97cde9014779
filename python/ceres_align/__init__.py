"""Camera pose from a triangle mesh and silhouette masks.

    import ceres_align as ca
    camera = ca.Camera(fx=900, fy=900, cx=320, cy=240, width=640, height=480)
    result = ca.align("mug.obj", ["mask.png"], [camera])
    if result.usable:
        print(result.R, result.T)

Conventions, the same everywhere: OpenCV axes (+x right, +y down, +z forward), column vectors,
``x_cam = cam_from_world @ x_world``; poses are 4x4 float64 ``[R t; 0 0 0 1]`` named
``target_from_source``; the world is the mesh's frame, lengths are in the mesh's unit; image arrays
are (height, width), and the first pixel's centre lies at (0.5, 0.5). Only ``Result.R`` and
``Result.T`` are PyTorch3D's.

Whatever is wrong with an argument or a file raises InputError, whose message names it. Long calls
release the GIL; Ctrl-C ends them.
"""

from ._align import Scene, align, align_scene, load_scene, option_names
from ._core import Camera, InputError, Robot, __version__, why_not_cuda
from ._files import (
    CameraFormat,
    CameraSet,
    InputWarning,
    Mesh,
    camera_formats,
    image_size,
    load_ignore,
    load_mask,
    load_mesh,
    load_photo,
    read_cameras,
    read_matrix,
    read_pose,
    save_exr,
    save_mask,
    save_mesh,
    write_cameras,
    write_matrix,
)
from ._hand_eye import HandEyeResult, JointOffset, hand_eye
from ._mesh import PreparedMesh
from ._objects import ObjectsResult, SceneObject, align_objects, load_objects
from ._render import Maps, Rasterizer, Rows, moved, render
from ._result import Accuracy, Alternative, Check, Errors, Result, Step, UnknownFit, ViewResult
from ._track import TrackedFrame, Tracker

__all__ = [
    "Accuracy", "Alternative", "Camera", "CameraFormat", "CameraSet", "Check", "Errors",
    "HandEyeResult", "InputError", "InputWarning", "JointOffset", "Maps", "Mesh", "ObjectsResult",
    "PreparedMesh", "Rasterizer", "Result", "Robot", "Rows", "Scene", "SceneObject", "Step",
    "TrackedFrame", "Tracker", "UnknownFit", "ViewResult", "__version__", "align", "align_objects",
    "align_scene", "camera_formats", "hand_eye", "image_size", "load_ignore", "load_mask",
    "load_mesh", "load_objects", "load_photo", "load_scene", "moved", "option_names",
    "read_cameras", "read_matrix", "read_pose", "render", "save_exr", "save_mask", "save_mesh",
    "why_not_cuda", "write_cameras", "write_matrix",
]
