"""Sequences."""

from dataclasses import dataclass

import numpy as np

from . import _core
from ._align import _cameras, _is_list, _masks, _options, make_scene
from ._core import InputError
from ._mesh import prepared_mesh
from ._result import Accuracy


@dataclass(frozen=True)
class TrackedFrame:
    """One frame of a Tracker. status: "tracked" (from the last pose), "searched" (all rotations
    were), "lost" (no pose fits) or "no mask". cam_from_world: (n, 4, 4). iou: the least of the
    cameras', contour_rms_px the largest; NaN where there is none. moved_deg: since the last frame
    that had a pose. usable, accuracy: of frames that were searched, or of all with assess; else
    None."""

    frame: int
    status: str
    rig_from_world: np.ndarray
    cam_from_world: np.ndarray
    iou: float
    contour_rms_px: float
    moved_deg: float
    why: str
    usable: "bool | None"
    accuracy: "Accuracy | None"

    @property
    def has_pose(self):
        return self.status in ("tracked", "searched")


class Tracker:
    """Tracks an object through the frames of a video: each is aligned from the last pose and its
    motion; where that does not fit, all rotations are searched.

        tracker = ca.Tracker("mug.obj", [camera])
        for mask in masks:
            frame = tracker.next(mask)

    mesh, cameras, rig, weights, mask_threshold: as in align(), the same for all frames. start:
    rig_from_world of the first frame; None: it is searched for. search_when_lost: False leaves a
    lost track lost until the motion finds it again (a search takes 0.1 s). assess: covariance and
    verdict of every frame, about 5 ms more a camera. Other settings as in align().

    One frame at a time: a Tracker is not to be used from several threads at once. A frame that
    Ctrl-C ended counts as lost.
    """

    def __init__(self, mesh, cameras, start=None, *, rig=None, weights=None, mask_threshold=None,
                 search_when_lost=True, assess=False, backend="auto", num_threads=0,
                 require_deg=None, require_percent=None, distance=None, options=None, **others):
        allowed = {"robust", "mask_offset", "outline_tolerance", "max_iterations", "restarts"}
        for name in others:
            if name not in allowed:
                raise InputError(f"{name} is no setting of a Tracker")
        if _is_list(mesh) and len(mesh) != 2:
            raise InputError("mesh: a Tracker has one mesh for all cameras")
        self._mesh = prepared_mesh(mesh)
        self._given = (cameras, rig, weights, mask_threshold, start)
        self._options = _options(options, require_deg, require_percent, None, None, distance,
                                 **others)
        self._settings = (search_when_lost, assess, backend, num_threads)
        self._cache = _core.MaskCache()  # a COCO file is parsed once for all frames
        self._core = None
        self._made_cameras = None

    def next(self, masks):
        """The next frame: a mask for each camera, as in align(). Returns a TrackedFrame. Raises
        InputError for masks that are none, or of another size than the cameras; the frame does
        not count then."""
        masks = _masks(masks)
        cameras, rig, weights, threshold, start = self._given
        if self._made_cameras is None:
            self._made_cameras = _cameras(cameras, masks, rig, self._cache)
        if len(masks) != len(self._made_cameras):
            raise InputError(f"masks has {len(masks)} entries; there are "
                             f"{len(self._made_cameras)} cameras")
        scene = make_scene(self._mesh, masks, self._made_cameras,
                           start if self._core is None else None, weights=weights,
                           mask_threshold=threshold, cache=self._cache)
        if self._core is None:
            self._core = _core.Tracker(scene, self._options, *self._settings)
        fields = self._core.next(scene)
        number, status, rig_from_world, iou, rms, moved, why, usable, accuracy = fields
        cam_from_world = np.stack([c.cam_from_rig @ rig_from_world for c in self._made_cameras])
        return TrackedFrame(number, status, rig_from_world, cam_from_world, iou, rms, moved, why,
                            usable, None if accuracy is None else Accuracy(*accuracy))
