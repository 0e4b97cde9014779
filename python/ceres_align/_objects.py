"""Several objects in the same images."""

import time
from typing import NamedTuple

from . import _core
from ._align import Scene, _cameras, _count, _list_for, _masks, _settings, make_scene
from ._core import InputError
from ._mesh import is_path
from ._result import Result, Step


class SceneObject(NamedTuple):
    """One of several objects. mesh: as in align(). masks: one for each camera, None where it is not
    in that image; of the parts that are seen, or of the whole object. start: rig_from_world (4, 4),
    or the Result of a similar alignment; None: all rotations are searched. truth: for
    Result.errors."""

    mesh: object
    masks: object
    start: object = None
    truth: object = None


class ObjectsResult:
    """Poses of several objects, each with its judgement.

    objects: dict of name: Result, in the order that was given; result["mug"] is
        result.objects["mug"]. Each has, beside all that a Result of one object has, the check
        "order": it fails where the pose has the object in front of pixels that show another.
    usable: all are. rounds: of alignments, until who hides whom changed nothing any more.
    warnings: of all, each line begins with the object's name. seconds: dict of load and total.
    """

    def __init__(self, outcome):
        names, each, self.rounds, self.usable, self.warnings, load, total = outcome.fields()
        self.objects = {name: Result(one) for name, one in zip(names, each)}
        self.seconds = {"load": load, "total": total}
        self._outcome = outcome

    def __getitem__(self, name):
        return self.objects[name]

    def __len__(self):
        return len(self.objects)

    def to_json(self):
        """The text of the program's result.json, the summary."""
        return self._json if self._outcome is None else self._outcome.json()

    def report(self):
        """The program's report on the console, many lines."""
        return self._report if self._outcome is None else self._outcome.report()

    def __getstate__(self):
        return dict(self.__dict__, _json=self.to_json(), _report=self.report(), _outcome=None)

    def __repr__(self):
        each = ", ".join(name + (" usable" if one.usable else " not usable")
                         for name, one in self.objects.items())
        return f"<ceres_align.ObjectsResult: {each}>"


def load_objects(path):
    """Reads a scene file with "objects" (docs/objects.md): a dict of name: Scene, for
    align_objects(). Meshes that several objects share are prepared once."""
    return _core.objects_of_file(path)


def _place(name):
    return f"objects[{name!r}]"


def _masks_of(name, given, cameras):
    """The object's masks, one for each camera, None where it has none."""
    if given.masks is None:
        raise InputError(f"{_place(name)}: masks is None; a list of paths or arrays is due")
    try:
        masks = _masks(given.masks)
    except InputError as error:
        raise InputError(f"{_place(name)}: {error}") from None
    if cameras is not None and len(masks) != cameras:
        raise InputError(f"{_place(name)}: masks has {len(masks)} entries, another object's has "
                         f"{cameras}; there must be one for each camera, None where it is not seen")
    if all(mask is None for mask in masks):
        raise InputError(f"{_place(name)}: masks are all None; a mask is needed")
    return masks


def _scene_of(name, given, masks, cameras, names, weights, mask_threshold, cache):
    seen = [i for i, mask in enumerate(masks) if mask is not None]
    try:
        return make_scene(given.mesh, [masks[i] for i in seen], [cameras[i] for i in seen],
                          given.start, names=[names[i] for i in seen],
                          weights=[weights[i] for i in seen], truth=given.truth,
                          mask_threshold=mask_threshold, cache=cache)
    except InputError as error:
        raise InputError(f"{_place(name)}: {error}") from None


def _scenes(objects, cameras, rig, names, weights, mask_threshold):
    masks = {}
    for name, given in objects.items():
        if not isinstance(given, SceneObject):
            raise InputError(f"{_place(name)} is a {type(given).__name__}; a SceneObject is due")
        others = len(next(iter(masks.values()))) if masks else None
        masks[name] = _masks_of(name, given, others)
    n = len(next(iter(masks.values())))
    # What a camera given as K takes its size from.
    first = [next((of[i] for of in masks.values() if of[i] is not None), None) for i in range(n)]
    cache = _core.MaskCache()
    cameras = _cameras(cameras, first, rig, cache)
    names = [f"view{i}" for i in range(n)] if names is None else _list_for(names, n, "names")
    weights = _list_for(weights, n, "weights")
    return [_scene_of(name, given, masks[name], cameras, names, weights, mask_threshold, cache)
            for name, given in objects.items()]


def _loaded_scenes(objects, others):
    for what, value in others.items():
        if value is not None:
            raise InputError(f"{what} is given, but load_objects()'s scenes have their own")
    for name, scene in objects.items():
        if not isinstance(scene, Scene):
            raise InputError(f"{_place(name)} is a {type(scene).__name__}; a Scene is due, as the "
                             "others are")
    return list(objects.values())


def align_objects(objects, cameras=None, *, rig=None, names=None, weights=None,
                  mask_threshold=None, search=False, **settings):
    """Finds the pose of each of several objects in the same images, who may hide each other. Who
    hides whom need not be said (docs/objects.md).

        result = ca.align_objects({"mug": ca.SceneObject(mug, [labels == 3]),
                                   "box": ca.SceneObject(box, [labels == 7])}, camera)
        result["mug"].R, result["box"].verdict

    objects: dict of name: SceneObject, whose masks are one for each camera, None where it has none.
        Or what load_objects() read, or the path of a scene file with "objects".
    cameras, rig, names, weights, mask_threshold: as in align(), of the images that all share;
        files have them.
    search: takes no start, not even a file's.
    Other settings as in align(). progress is called with the object's name and a Step; return
        False to stop: the poses so far are the result.

    Each object has a world of its own, its mesh's frame: poses are rig_from_world and
    cam_from_world of each. Returns an ObjectsResult; look at .usable, or at each object's. Raises
    InputError for whatever is wrong with the arguments. The GIL is released; Ctrl-C raises
    KeyboardInterrupt within a step.
    """
    begin = time.perf_counter()
    *made, progress = _settings(**settings)
    if not isinstance(search, bool):
        raise InputError(f"search is a {type(search).__name__}; True or False is due")
    if is_path(objects):
        objects = load_objects(objects)
    if not isinstance(objects, dict):
        raise InputError(f"objects is a {type(objects).__name__}; a dict of name: SceneObject, or "
                         "the path of a scene file, is due")
    if _count(list(objects), "objects") == 0:
        raise InputError("objects is empty; at least one object is needed")
    for name in objects:
        if not isinstance(name, str) or not name:
            raise InputError(f"objects: the name {name!r} must be a str that is not empty")
    shared = dict(cameras=cameras, rig=rig, names=names, weights=weights,
                  mask_threshold=mask_threshold)
    loaded = any(isinstance(one, Scene) for one in objects.values())
    scenes = _loaded_scenes(objects, shared) if loaded else _scenes(objects, **shared)
    tell = None
    if progress is not None:
        def tell(name, step):
            return progress(name, Step._make(step))
    return ObjectsResult(_core.run_objects(list(objects), scenes, not loaded, search, *made, tell,
                                           time.perf_counter() - begin))
