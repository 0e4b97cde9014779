"""The alignment."""

import math
import time

from . import _core
from ._core import Camera, InputError
from ._mesh import PreparedMesh, is_path, prepared_mesh
from ._result import Result, Step

Scene = _core.Scene
option_names = _core.option_names


def _is_list(value):
    """A list of things, rather than one thing that has a length."""
    return isinstance(value, (list, tuple))


def _count(value, what):
    try:
        if not isinstance(value, (str, bytes, dict, set)):
            return len(value)
    except TypeError:
        pass
    raise InputError(f"{what} is a {type(value).__name__}; a list is due")


def _masks(masks):
    """A list with one mask (a path or an array of two dimensions) a camera."""
    if is_path(masks):
        return [masks]
    if masks is None:
        raise InputError("masks is None; a list of paths or arrays is due")
    dimensions = getattr(masks, "ndim", None)
    if dimensions == 2:
        return [masks]
    if dimensions not in (None, 3):
        raise InputError(f"masks has {dimensions} dimensions; it must be a list, or an array of "
                         "(height, width) or (cameras, height, width)")
    if _count(masks, "masks") == 0:
        raise InputError("masks is empty; at least one mask is needed")
    return list(masks)


def _size_of(mask, where, cache=None):
    if is_path(mask):
        height, width = _core.image_size(mask, cache)
        return width, height
    shape = getattr(mask, "shape", None)
    if shape is None or len(shape) != 2:
        raise InputError(f"{where} has no shape (height, width), which a camera given as K needs")
    return int(shape[1]), int(shape[0])


def _cameras(cameras, masks, rig, cache=None):
    """A Camera for each mask. A single camera, or K, is that of all of them."""
    n = len(masks)
    if isinstance(cameras, Camera) or getattr(cameras, "ndim", None) == 2:
        cameras = [cameras] * n
    if cameras is None:
        raise InputError("cameras is None; a list of Camera, or K (3, 3), is due")
    if _count(cameras, "cameras") != n:
        if len(cameras) == 3 and n != 3 and not isinstance(cameras[0], Camera):
            cameras = [cameras] * n  # K as a list of rows
        else:
            raise InputError(f"cameras has {len(cameras)} entries, masks has {n}; there must be "
                             "one camera for each mask")
    made = []
    for i, camera in enumerate(cameras):
        if not isinstance(camera, Camera):
            if camera is None or isinstance(camera, (str, bytes, int, float, dict)):
                raise InputError(f"cameras[{i}] is a {type(camera).__name__}; a Camera, or K "
                                 "(3, 3), is due")
            width, height = _size_of(masks[i], f"masks[{i}]", cache)
            camera = Camera.from_K(camera, width, height)
        made.append(camera)
    if rig is None:
        return made
    if _count(rig, "rig") != n:
        raise InputError(f"rig has {len(rig)} poses, masks has {n}; there must be one "
                         "cam_from_rig (4, 4) for each camera")
    try:
        return [camera.at(pose) for camera, pose in zip(made, rig)]
    except InputError as error:
        raise InputError(f"rig: {error}") from None


def _list_for(value, n, what):
    if value is None:
        return [None] * n
    if not _is_list(value) and getattr(value, "ndim", None) == 2 and n == 1:
        return [value]
    if _count(value, what) != n:
        raise InputError(f"{what} has {len(value)} entries, masks has {n}")
    return list(value)


def _refine(refine):
    if refine is None:
        return []
    words = refine.split(",") if isinstance(refine, str) else refine
    if not _is_list(words) or not all(isinstance(word, str) for word in words):
        raise InputError("refine must be a str or a list of str, for example ['focal=10']")
    return [word.strip() for word in words]


def make_scene(mesh, masks, cameras, start=None, *, rig=None, names=None, weights=None,
               world_from_object=None, truth=None, refine=None, mask_threshold=None, cache=None):
    # cache: a _core.MaskCache, in which COCO files are parsed once for several scenes.
    if cache is None:
        cache = _core.MaskCache()
    masks = _masks(masks)
    n = len(masks)
    cameras = _cameras(cameras, masks, rig, cache)
    # A list of meshes: one for each view. Two of them could also be (vertices, faces).
    several = _is_list(mesh) and len(mesh) > 0 and all(
        is_path(one) or isinstance(one, PreparedMesh) for one in mesh)
    if several and len(mesh) not in (1, n):
        raise InputError(f"mesh has {len(mesh)} meshes, masks has {n}; there must be one for all "
                         "or one for each mask")
    meshes = [prepared_mesh(one) for one in (mesh if several else [mesh])]
    names = [f"view{i}" for i in range(n)] if names is None else _list_for(names, n, "names")
    for i, name in enumerate(names):
        if not isinstance(name, str) or not name:
            raise InputError(f"names[{i}] must be a str that is not empty")
        if name in names[:i]:
            raise InputError(f"names[{i}] is {name!r} again; names must differ")
    return Scene._make(meshes, cameras, masks, _list_for(weights, n, "weights"), names,
                       _list_for(world_from_object, n, "world_from_object"), _pose(start), truth,
                       _refine(refine), mask_threshold, cache)


def _pose(start):
    return start.rig_from_world if isinstance(start, Result) else start


def _positive(value, what):
    try:
        if isinstance(value, (bool, str, bytes)):
            raise TypeError
        value = float(value)
    except (TypeError, ValueError):
        raise InputError(f"{what} is a {type(value).__name__}; a number is due") from None
    except OverflowError:
        raise InputError(f"{what} is too large") from None
    if not (value > 0 and math.isfinite(value)):
        raise InputError(f"{what} is {value}; it must be above 0")
    return value


def _options(options, require_deg, require_percent, trust_deg, trust_percent, distance,
             **others):
    if options is not None and not isinstance(options, dict):
        raise InputError(f"options is a {type(options).__name__}; a dict is due")
    made = dict(options or {})
    made.update((name, value) for name, value in others.items() if value is not None)
    if require_deg is not None:
        made["require_rad"] = math.radians(_positive(require_deg, "require_deg"))
    if require_percent is not None:
        made["require_of_distance"] = _positive(require_percent, "require_percent") / 100
    if trust_deg is not None:
        made["max_rotation_rad"] = math.radians(_positive(trust_deg, "trust_deg"))
    if trust_percent is not None:
        made["max_shift"] = _positive(trust_percent, "trust_percent") / 100
    if distance is not None:
        if not _is_list(distance) or len(distance) != 2:
            raise InputError("distance must be (least, most)")
        made["min_distance"], made["max_distance"] = distance
    return made


def _settings(*, require_deg=None, require_percent=None, trust_deg=None, trust_percent=None,
              distance=None, robust=None, mask_offset=None, covariance=None, outline_tolerance=None,
              max_iterations=None, restarts=None, search_if_poor=None, options=None,
              backend="auto", num_threads=0, progress=None):
    """(options, backend, num_threads, progress), progress checked."""
    if progress is not None and not callable(progress):
        raise InputError(f"progress is a {type(progress).__name__}; a function is due")
    made = _options(options, require_deg, require_percent, trust_deg, trust_percent, distance,
                    robust=robust, mask_offset=mask_offset, covariance=covariance,
                    outline_tolerance=outline_tolerance, max_iterations=max_iterations,
                    restarts=restarts, search_if_poor=search_if_poor)
    return made, backend, num_threads, progress


def _align_scene(scene, start, consume, load_seconds, **settings):
    # consume: the scene is this call's own, and its masks need not be copied.
    *made, progress = _settings(**settings)
    tell = None if progress is None else lambda step: progress(Step._make(step))
    return Result(_core.run(scene, consume, start, *made, tell, load_seconds))


def align_scene(scene, start=None, **settings):
    """Aligns a Scene (load_scene, or the path of a scene file). start: a pose or a Result in the
    place of the scene's start; False: take none, search. All else as in align()."""
    begin = time.perf_counter()
    if is_path(scene):
        scene = load_scene(scene)
    if not isinstance(scene, Scene):
        raise InputError(f"scene is a {type(scene).__name__}; a Scene or a path is due")
    if start is True:
        raise InputError("start is True; a pose, a Result, None or False is due")
    return _align_scene(scene, _pose(start), False, time.perf_counter() - begin, **settings)


def align(mesh, masks, cameras, start=None, *, rig=None, names=None, weights=None,
          world_from_object=None, truth=None, refine=None, mask_threshold=None, **settings):
    """Finds the camera's (the rig's) pose at which the mesh's silhouettes meet the masks.

    mesh: a path, (vertices (n, 3), faces (m, 3)), or a PreparedMesh, which saves most of the time
        where the same mesh is aligned often. A list with a mesh for each mask: an articulated
        object in several states.
    masks: one for each camera, a path or an array (height, width); an array of three dimensions
        is a list of them. bool: True is the object. uint8 and uint16: coverage or probability,
        255 and 65535 are full; but where the only values are 0 and one other, that one is the
        object. Floats: coverage in [0, 1]. Other integers: 0 and 1. Any strides; not changed.
    cameras: a Camera for each mask; or one Camera, or K (3, 3), for all; or a list of K. With K
        the image's size is the mask's, the first pixel's centre at (0.5, 0.5).
    start: rig_from_world (4, 4), that is cam_from_world for a single camera, or the Result of a
        similar alignment (the last frame). None: all rotations are searched.

    rig: cam_from_rig (4, 4) for each camera, instead of those that the cameras have.
    names: of the views, for reports. weights: arrays (height, width), 0 where pixels are to be
        ignored. world_from_object: (4, 4) for each view, a turntable's or robot's known motion.
    truth: rig_from_world, for Result.errors.
    refine: what is solved for together with the pose, as --refine: "focal", "scale=5", ...
    mask_threshold: masks are 1 from this value (0 to 1) on, else 0.

    require_deg (1), require_percent (1): how exact the pose has to be to be usable.
    trust_deg, trust_percent: how far from the start it can be; distance: (least, most), of the
        object from camera 1. An answer outside is not usable.
    robust, mask_offset ("auto", "off", "on"), covariance (True), outline_tolerance (1),
        max_iterations (1000), restarts (64), search_if_poor (True): as the program's flags.
    options: a dict of further fields of the C++ AlignOptions, see option_names().
    backend: "auto", "cpu" or "cuda". num_threads: 0 is one per core; results do not depend on it.
    progress: called with a Step after every step that leads to the answer, on the calling thread;
        return False to stop there (Result.status is then "stopped"). What it raises ends the call.

    Returns a Result; look at .usable before .R and .T. Raises InputError for whatever is wrong
    with the arguments. The GIL is released; Ctrl-C raises KeyboardInterrupt within a step.
    """
    begin = time.perf_counter()
    scene = make_scene(mesh, masks, cameras, start, rig=rig, names=names, weights=weights,
                       world_from_object=world_from_object, truth=truth, refine=refine,
                       mask_threshold=mask_threshold)
    return _align_scene(scene, None, True, time.perf_counter() - begin, **settings)


def load_scene(path):
    """Reads a scene file (JSON, docs/file-formats.md) with its meshes, prepared, and its masks.
    The Scene's attributes, all read-only: names, cameras, masks (float32 arrays), meshes, start,
    truth, warnings."""
    return Scene._of_file(path)
