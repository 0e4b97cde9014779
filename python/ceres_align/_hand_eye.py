"""Hand-eye calibration: where a camera is in a robot's base, or on its flange."""

from typing import NamedTuple

from . import _core
from ._align import _masks, _settings, _size_of
from ._core import Camera, InputError, Robot
from ._mesh import is_path, prepared_mesh
from ._result import Result, Step


class JointOffset(NamedTuple):
    """How far one joint stands off from the states: it is at q + offset in all of them. turns: the
    numbers are rad; else it slides, m. sigma: of the offset, the pose and the other offsets free,
    with a prior of prior_sigma about 0. explains: the share of the masks' misfit. suspicious: the
    masks say that it is off."""

    joint: str
    turns: bool
    offset: float
    sigma: float
    prior_sigma: float
    explains: float
    suspicious: bool


class HandEyeResult(Result):
    """A Result whose world is the robot's base (eye in hand: the flange), in metres, and:

    mount_from_cam (4, 4): the answer, base_from_cam or flange_from_cam of the first camera, whose
        axes are OpenCV's. mount: that link's name.
    mount_covariance (6, 6) or None: of the answer, [rotation vector (rad), the camera's place (m)]
        along the axes of the mount: Exp(rotation) @ R, t + place.
    joint_offsets: list of JointOffset, in the robot's order; None where joints were not looked at:
        check_joints=False, or a pose that is not about right. why_no_offsets: a sentence where they
        have no sigmas. offsets_taken: the pose is that of the robot with the offsets
        (joint_offsets=True), and the covariances are those with the offsets free.
    to_yaml(): the text of the program's hand_eye.yaml. report(): what it prints.
    """

    def __init__(self, outcome):
        super().__init__(outcome.base)
        (self.mount, self.mount_from_cam, self.mount_covariance, offsets,
         self.offsets_taken) = outcome.fields()
        self.joint_offsets, self.why_no_offsets = None, ""
        if offsets is not None:
            self.joint_offsets = [JointOffset(*one) for one in offsets[0]]
            self.why_no_offsets = offsets[1]
        self._hand_eye = outcome

    def report(self):
        """The program's report on the console, several lines."""
        return self._report if self._hand_eye is None else self._hand_eye.report()

    def to_yaml(self):
        """The text of hand_eye.yaml, as the program writes it."""
        return self._yaml if self._hand_eye is None else self._hand_eye.yaml()

    def __getstate__(self):
        return dict(super().__getstate__(), _yaml=self.to_yaml(), _hand_eye=None)


def _robot(robot):
    if isinstance(robot, Robot):
        return robot
    if not is_path(robot):
        raise InputError(f"robot is a {type(robot).__name__}; a Robot, or the path of a URDF, is due")
    return Robot(robot)


def _camera(camera, masks, what, masks_what, cache):
    """A Camera; of a path ROS's camera_info; of K (3, 3) with the size of the first mask."""
    if isinstance(camera, Camera):
        return camera
    if is_path(camera):
        return _core.camera_of_info(camera, what)
    if camera is None or isinstance(camera, (int, float, dict)):
        raise InputError(f"{what} is a {type(camera).__name__}; a Camera, K (3, 3), or the path of "
                         "a camera_info is due")
    width, height = _size_of(masks[0], f"{masks_what}[0]", cache)
    try:
        return Camera.from_K(camera, width, height)
    except InputError as error:
        raise InputError(f"{what}: {error}") from None


def _masks_of_states(masks, what):
    try:
        return _masks(masks)
    except InputError as error:
        raise InputError(str(error).replace("masks", what, 1)) from None


def _hand(eye_in_hand, robot, flange, object, base_from_object):
    if not isinstance(eye_in_hand, bool):
        raise InputError(f"eye_in_hand is a {type(eye_in_hand).__name__}; True or False is due")
    parts = dict(flange=flange, object=object, base_from_object=base_from_object)
    for what, value in parts.items():
        if eye_in_hand and value is None:
            raise InputError(f"eye_in_hand is given without {what}")
        if not eye_in_hand and value is not None:
            raise InputError(f"{what} is given without eye_in_hand=True")
    if not eye_in_hand:
        return None
    if not robot._shows_all:
        raise InputError("eye_in_hand is given, where the masks show the object, but the robot has "
                         "links that they show")
    try:
        object = prepared_mesh(object)
    except InputError as error:
        raise InputError(str(error).replace("mesh", "object", 1)) from None
    return flange, object, base_from_object


def hand_eye(robot, joints, masks, camera, start=None, *, eye_in_hand=False, flange=None,
             object=None, base_from_object=None, stereo_masks=None, stereo_camera=None,
             stereo_cam_from_cam=None, mask_threshold=None, check_joints=True, joint_offsets=False,
             **settings):
    """Finds where a camera stands in a robot's base, from masks of the robot in several states; or,
    eye in hand, where it sits on the flange, from masks of an object at a known place. Metres and
    radians. No start and no board are needed (docs/robots.md).

    robot: a Robot, or the path of a URDF.
    joints: the states: an array (n, joints), columns as Robot.joints; a dict of a joint's name: n
        positions, other names ignored; or a file (CSV with a header of names, .npy).
    masks: one for each state, paths or arrays (height, width) as in align().
    camera: a Camera; a path of ROS's camera_info; K (3, 3), the first pixel's centre at (0.5, 0.5).
    start: about where the camera is, (4, 4) as mount_from_cam, a file, or a HandEyeResult. None:
        all rotations are searched.

    eye_in_hand: then flange is the name of the link that carries the camera, object the mesh (as in
        align()) of what the masks show, base_from_object (4, 4) or a file, where that stands.
    stereo_masks, stereo_camera, stereo_cam_from_cam: a second camera on the same mount, its masks,
        and the pose (4, 4) or file from the first camera to it.
    mask_threshold: as in align().
    check_joints: joints that seem to stand off from the states fail the check "joints".
    joint_offsets: a constant offset of every joint is solved for, and the robot posed with them.

    Other settings as in align(). Returns a HandEyeResult; look at .usable before .mount_from_cam.
    Raises InputError for whatever is wrong with the arguments or files. The GIL is released; Ctrl-C
    raises KeyboardInterrupt within a step.
    """
    *made, progress = _settings(**settings)
    robot = _robot(robot)
    hand = _hand(eye_in_hand, robot, flange, object, base_from_object)
    masks = [_masks_of_states(masks, "masks")]
    cache = _core.MaskCache()
    cameras = [_camera(camera, masks[0], "camera", "masks", cache)]
    stereo = dict(stereo_masks=stereo_masks, stereo_camera=stereo_camera,
                  stereo_cam_from_cam=stereo_cam_from_cam)
    missing = [what for what, value in stereo.items() if value is None]
    if 0 < len(missing) < 3:
        raise InputError(f"{missing[0]} is missing; stereo_masks, stereo_camera and "
                         "stereo_cam_from_cam go together")
    if not missing:
        masks.append(_masks_of_states(stereo_masks, "stereo_masks"))
        cameras.append(_camera(stereo_camera, masks[1], "stereo_camera", "stereo_masks", cache))
    if isinstance(start, HandEyeResult):
        start = start.mount_from_cam
    tell = None if progress is None else lambda step: progress(Step._make(step))
    return HandEyeResult(_core.run_hand_eye(
        robot, joints, cameras, masks, cache, stereo_cam_from_cam, mask_threshold, hand, start,
        check_joints, joint_offsets, *made, tell))
