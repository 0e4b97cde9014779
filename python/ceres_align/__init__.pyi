import os
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

__version__: str

_Path = Union[str, bytes, "os.PathLike[Any]"]
_Floats = NDArray[np.float64]
_Floats32 = NDArray[np.float32]
_Ints = NDArray[np.int32]

class InputError(ValueError):
    """An argument or a file is wrong; the message is one line and names it."""

class InputWarning(UserWarning):
    """Something in a file is odd, though it may be meant."""

class Camera:
    def __init__(
        self,
        fx: float,
        fy: float,
        cx: float,
        cy: float,
        width: int,
        height: int,
        distortion: Optional[ArrayLike] = None,
        fisheye: Optional[ArrayLike] = None,
        cam_from_rig: Optional[ArrayLike] = None,
        *,
        pixel_center: float = 0.5,
    ) -> None: ...
    @staticmethod
    def from_K(
        K: ArrayLike,
        width: int,
        height: int,
        distortion: Optional[ArrayLike] = None,
        fisheye: Optional[ArrayLike] = None,
        cam_from_rig: Optional[ArrayLike] = None,
        *,
        pixel_center: float = 0.5,
    ) -> Camera: ...
    @staticmethod
    def from_fov(
        fov_deg: float, width: int, height: int, cam_from_rig: Optional[ArrayLike] = None
    ) -> Camera: ...
    @property
    def fx(self) -> float: ...
    @property
    def fy(self) -> float: ...
    @property
    def cx(self) -> float: ...
    @property
    def cy(self) -> float: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def distortion(self) -> Optional[_Floats]: ...
    @property
    def fisheye(self) -> Optional[_Floats]: ...
    @property
    def K(self) -> _Floats: ...
    @property
    def cam_from_rig(self) -> _Floats: ...
    def at(self, cam_from_rig: ArrayLike) -> Camera: ...
    def project(self, points: ArrayLike) -> _Floats: ...

class PreparedMesh:
    def __init__(
        self,
        mesh: Union[_Path, Sequence[ArrayLike]],
        scale: Optional[float] = None,
        unit: Optional[str] = None,
        up: Optional[str] = None,
    ) -> None: ...
    @property
    def vertices(self) -> _Floats: ...
    @property
    def faces(self) -> _Ints: ...
    @property
    def center(self) -> _Floats: ...
    @property
    def radius(self) -> float: ...
    @property
    def name(self) -> str: ...

_Mesh = Union[_Path, Sequence[ArrayLike], PreparedMesh]

class Mesh(NamedTuple):
    vertices: _Floats
    faces: _Ints

class Scene:
    @property
    def names(self) -> List[str]: ...
    @property
    def cameras(self) -> List[Camera]: ...
    @property
    def masks(self) -> List[_Floats32]: ...
    @property
    def meshes(self) -> List[PreparedMesh]: ...
    @property
    def mesh_names(self) -> List[str]: ...
    @property
    def start(self) -> Optional[_Floats]: ...
    @property
    def truth(self) -> Optional[_Floats]: ...
    @property
    def warnings(self) -> List[str]: ...

class Check(NamedTuple):
    name: str
    ok: bool
    message: str

class Accuracy(NamedTuple):
    rotation_deg: float
    translation: float
    translation_percent: float

class Errors(NamedTuple):
    rotation_deg: float
    translation: float
    translation_percent: float

class ViewResult(NamedTuple):
    name: str
    cam_from_world: _Floats
    camera_center: _Floats
    iou: float
    contour_rms_px: float
    mask_empty: bool
    mask_touches_frame: bool
    object_in_frame: bool
    mask_area_px: float
    object_area_px: float

class Alternative(NamedTuple):
    rig_from_world: _Floats
    cost_ratio: float
    view_iou: _Floats
    kind: str
    fits: bool
    relation: str

class UnknownFit(NamedTuple):
    name: str
    of: str
    value: float
    sigma: float
    prior: float
    prior_sigma: float
    moved: float
    determined: bool
    why: str

class Step(NamedTuple):
    level: int
    num_levels: int
    width: int
    height: int
    iteration: int
    cost: float
    step_px: float
    accepted: bool
    rig_from_world: _Floats
    candidates: int
    thorough: bool

class Result:
    R: _Floats
    T: _Floats
    rig_from_world: _Floats
    cam_from_world: _Floats
    object_center: _Floats
    covariance: Optional[_Floats]
    sigmas: Optional[_Floats]
    accuracy: Optional[Accuracy]
    status: str
    termination: str
    usable: bool
    right: bool
    ambiguous: bool
    ambiguity: str
    checks: List[Check]
    verdict: str
    views: List[ViewResult]
    alternatives: List[Alternative]
    unknowns: List[UnknownFit]
    cameras: List[Camera]
    initial_cost: float
    final_cost: float
    iterations: int
    evaluations: int
    searched: bool
    restarted: bool
    sharpened: bool
    backend: str
    warnings: List[str]
    seconds: Dict[str, float]
    errors: Optional[Errors]
    def to_json(self) -> str: ...
    def report(self) -> str: ...

def align(
    mesh: Union[_Mesh, Sequence[Union[_Path, PreparedMesh]]],
    masks: Union[_Path, ArrayLike, Sequence[Union[_Path, ArrayLike]]],
    cameras: Union[Camera, ArrayLike, Sequence[Union[Camera, ArrayLike]]],
    start: Union[None, ArrayLike, Result] = None,
    *,
    rig: Optional[Sequence[ArrayLike]] = None,
    names: Optional[Sequence[str]] = None,
    weights: Optional[Sequence[Optional[ArrayLike]]] = None,
    world_from_object: Optional[Sequence[Optional[ArrayLike]]] = None,
    truth: Optional[ArrayLike] = None,
    refine: Union[None, str, Sequence[str]] = None,
    mask_threshold: Optional[float] = None,
    require_deg: Optional[float] = None,
    require_percent: Optional[float] = None,
    trust_deg: Optional[float] = None,
    trust_percent: Optional[float] = None,
    distance: Optional[Tuple[float, float]] = None,
    robust: Optional[str] = None,
    mask_offset: Optional[str] = None,
    covariance: Optional[bool] = None,
    outline_tolerance: Optional[float] = None,
    max_iterations: Optional[int] = None,
    restarts: Optional[int] = None,
    search_if_poor: Optional[bool] = None,
    options: Optional[Dict[str, Any]] = None,
    backend: str = "auto",
    num_threads: int = 0,
    progress: Optional[Callable[[Step], Any]] = None,
) -> Result: ...
def align_scene(
    scene: Union[_Path, Scene],
    start: Union[None, bool, ArrayLike, Result] = None,
    *,
    require_deg: Optional[float] = None,
    require_percent: Optional[float] = None,
    trust_deg: Optional[float] = None,
    trust_percent: Optional[float] = None,
    distance: Optional[Tuple[float, float]] = None,
    robust: Optional[str] = None,
    mask_offset: Optional[str] = None,
    covariance: Optional[bool] = None,
    outline_tolerance: Optional[float] = None,
    max_iterations: Optional[int] = None,
    restarts: Optional[int] = None,
    search_if_poor: Optional[bool] = None,
    options: Optional[Dict[str, Any]] = None,
    backend: str = "auto",
    num_threads: int = 0,
    progress: Optional[Callable[[Step], Any]] = None,
) -> Result: ...
def load_scene(path: _Path) -> Scene: ...

class SceneObject(NamedTuple):
    """One of several objects: its mesh, and a mask for each camera, None where it has none."""
    mesh: Union[_Mesh, Sequence[Union[_Path, PreparedMesh]]]
    masks: Union[_Path, ArrayLike, Sequence[Union[None, _Path, ArrayLike]]]
    start: Union[None, ArrayLike, Result] = None
    truth: Optional[ArrayLike] = None

class ObjectsResult:
    objects: Dict[str, Result]
    usable: bool
    rounds: int
    warnings: List[str]
    seconds: Dict[str, float]
    def __getitem__(self, name: str) -> Result: ...
    def __len__(self) -> int: ...
    def to_json(self) -> str: ...
    def report(self) -> str: ...

def align_objects(
    objects: Union[_Path, Dict[str, SceneObject], Dict[str, Scene]],
    cameras: Union[None, Camera, ArrayLike, Sequence[Union[Camera, ArrayLike]]] = None,
    *,
    rig: Optional[Sequence[ArrayLike]] = None,
    names: Optional[Sequence[str]] = None,
    weights: Optional[Sequence[Optional[ArrayLike]]] = None,
    mask_threshold: Optional[float] = None,
    search: bool = False,
    require_deg: Optional[float] = None,
    require_percent: Optional[float] = None,
    trust_deg: Optional[float] = None,
    trust_percent: Optional[float] = None,
    distance: Optional[Tuple[float, float]] = None,
    robust: Optional[str] = None,
    mask_offset: Optional[str] = None,
    covariance: Optional[bool] = None,
    outline_tolerance: Optional[float] = None,
    max_iterations: Optional[int] = None,
    restarts: Optional[int] = None,
    search_if_poor: Optional[bool] = None,
    options: Optional[Dict[str, Any]] = None,
    backend: str = "auto",
    num_threads: int = 0,
    progress: Optional[Callable[[str, Step], Any]] = None,
) -> ObjectsResult: ...
def load_objects(path: _Path) -> Dict[str, Scene]: ...
def option_names() -> List[str]: ...
def why_not_cuda() -> str: ...

class TrackedFrame:
    """A frame of a Tracker; see its attributes' units in Tracker.next."""
    frame: int
    status: str
    rig_from_world: _Floats
    cam_from_world: _Floats
    iou: float
    contour_rms_px: float
    moved_deg: float
    why: str
    usable: Optional[bool]
    accuracy: Optional[Accuracy]
    @property
    def has_pose(self) -> bool: ...

class Tracker:
    """Tracks an object through the frames of a video."""
    def __init__(
        self,
        mesh: Any,
        cameras: Any,
        start: Optional[ArrayLike] = None,
        *,
        rig: Optional[Sequence[ArrayLike]] = None,
        weights: Optional[Sequence[Optional[ArrayLike]]] = None,
        mask_threshold: Optional[float] = None,
        search_when_lost: bool = True,
        assess: bool = False,
        backend: str = "auto",
        num_threads: int = 0,
        require_deg: Optional[float] = None,
        require_percent: Optional[float] = None,
        distance: Optional[Tuple[float, float]] = None,
        options: Optional[Dict[str, Any]] = None,
        **others: Any,
    ) -> None: ...
    def next(self, masks: Any) -> TrackedFrame: ...

class Robot:
    def __init__(
        self,
        urdf: _Path,
        *,
        geometry: str = "visual",
        packages: Optional[Dict[str, _Path]] = None,
        package_roots: Optional[Sequence[_Path]] = None,
        links: Optional[Sequence[str]] = None,
    ) -> None: ...
    @property
    def name(self) -> str: ...
    @property
    def joints(self) -> List[str]: ...
    @property
    def links(self) -> List[str]: ...
    def link_poses(self, joints: ArrayLike) -> _Floats: ...
    def mesh(self, joints: ArrayLike) -> Tuple[_Floats, _Ints]: ...

class JointOffset(NamedTuple):
    joint: str
    turns: bool
    offset: float
    sigma: float
    prior_sigma: float
    explains: float
    suspicious: bool

class HandEyeResult(Result):
    mount: str
    mount_from_cam: _Floats
    mount_covariance: Optional[_Floats]
    joint_offsets: Optional[List[JointOffset]]
    why_no_offsets: str
    offsets_taken: bool
    def to_yaml(self) -> str: ...

def hand_eye(
    robot: Union[_Path, Robot],
    joints: Union[_Path, ArrayLike, Dict[str, ArrayLike]],
    masks: Union[_Path, ArrayLike, Sequence[Union[_Path, ArrayLike]]],
    camera: Union[_Path, Camera, ArrayLike],
    start: Union[None, _Path, ArrayLike, HandEyeResult] = None,
    *,
    eye_in_hand: bool = False,
    flange: Optional[str] = None,
    object: Optional[_Mesh] = None,
    base_from_object: Union[None, _Path, ArrayLike] = None,
    stereo_masks: Union[None, _Path, ArrayLike, Sequence[Union[_Path, ArrayLike]]] = None,
    stereo_camera: Union[None, _Path, Camera, ArrayLike] = None,
    stereo_cam_from_cam: Union[None, _Path, ArrayLike] = None,
    mask_threshold: Optional[float] = None,
    check_joints: bool = True,
    joint_offsets: bool = False,
    require_deg: Optional[float] = None,
    require_percent: Optional[float] = None,
    trust_deg: Optional[float] = None,
    trust_percent: Optional[float] = None,
    distance: Optional[Tuple[float, float]] = None,
    robust: Optional[str] = None,
    mask_offset: Optional[str] = None,
    covariance: Optional[bool] = None,
    outline_tolerance: Optional[float] = None,
    max_iterations: Optional[int] = None,
    restarts: Optional[int] = None,
    search_if_poor: Optional[bool] = None,
    options: Optional[Dict[str, Any]] = None,
    backend: str = "auto",
    num_threads: int = 0,
    progress: Optional[Callable[[Step], Any]] = None,
) -> HandEyeResult: ...

class Rows(NamedTuple):
    rows: _Ints
    columns: _Ints
    coverage: _Floats
    jacobian: _Floats

class Maps(NamedTuple):
    mask: Optional[_Floats32]
    depth: Optional[_Floats32]
    face: Optional[_Ints]
    normal: Optional[_Floats32]
    position: Optional[_Floats32]

class Rasterizer:
    def __init__(self, backend: str = "auto", num_threads: int = 0) -> None: ...
    @property
    def name(self) -> str: ...
    def coverage(
        self, mesh: _Mesh, cam_from_object: ArrayLike, camera: Camera, window: int = 1
    ) -> _Floats: ...
    def jacobian(
        self, mesh: _Mesh, cam_from_object: ArrayLike, camera: Camera, window: int = 1
    ) -> Tuple[_Floats, _Floats]: ...
    def outline(
        self, mesh: _Mesh, cam_from_object: ArrayLike, camera: Camera, window: int = 1
    ) -> Rows: ...

def moved(cam_from_object: ArrayLike, mesh: _Mesh, tangent: ArrayLike) -> _Floats: ...
def render(
    mesh: _Mesh,
    cam_from_object: ArrayLike,
    camera: Camera,
    kinds: Union[str, Sequence[str]] = ("mask", "depth", "normal"),
    *,
    smooth_normals: bool = True,
    backend: str = "auto",
    num_threads: int = 0,
) -> Maps: ...

class CameraFormat(NamedTuple):
    name: str
    what: str
    can_read: bool
    can_write: bool

class CameraSet(NamedTuple):
    names: List[str]
    cameras: List[Optional[Camera]]
    cam_from_reference: Optional[_Floats]
    images: List[str]
    masks: List[str]
    conventions: List[str]
    reference_from_object: Optional[_Floats]

def camera_formats() -> List[CameraFormat]: ...
def read_cameras(
    format: str,
    path: _Path,
    *,
    image_size: Optional[Tuple[int, int]] = None,
    pixel_center: Optional[float] = None,
    rig_form: Optional[str] = None,
    image_id: int = -1,
    object_id: int = -1,
) -> CameraSet: ...
def write_cameras(
    format: str,
    path: _Path,
    cameras: Sequence[Camera],
    cam_from_reference: Optional[Sequence[ArrayLike]] = None,
    *,
    names: Optional[Sequence[str]] = None,
    images: Optional[Sequence[Optional[_Path]]] = None,
    mesh: Optional[_Mesh] = None,
) -> None: ...
def load_mesh(
    path: _Path,
    *,
    scale: Optional[float] = None,
    unit: Optional[str] = None,
    up: Optional[str] = None,
) -> Mesh: ...
def save_mesh(path: _Path, mesh: Union[PreparedMesh, Sequence[ArrayLike]]) -> None: ...
def load_mask(
    path: _Path, *, size: Optional[Tuple[int, int]] = None, threshold: Optional[float] = None
) -> _Floats32: ...
def load_ignore(path: _Path, *, size: Optional[Tuple[int, int]] = None) -> _Floats32: ...
def save_mask(path: _Path, mask: ArrayLike) -> None: ...
def load_photo(path: _Path) -> NDArray[np.uint8]: ...
def image_size(path: _Path) -> Tuple[int, int]: ...
def save_exr(path: _Path, values: ArrayLike) -> None: ...
def read_matrix(path: _Path) -> _Floats: ...
def read_pose(path: _Path) -> _Floats: ...
def write_matrix(path: _Path, matrix: ArrayLike) -> None: ...
