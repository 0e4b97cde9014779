"""Wrong input: each case gives an InputError that names what is wrong, and never ends Python."""

import os
import pathlib
import tempfile
import unittest

import numpy as np
import testing
from testing import CAMERA, TRUTH

import ceres_align as ca


class OnADevice:
    """As a tensor on a GPU: NumPy's own conversion is refused."""

    shape, ndim = (128, 160), 2

    def __array__(self, *_):
        raise TypeError("can't convert cuda:0 device type tensor to numpy")


def setUpModule():
    global MESH, MASK, FOLDER, KEPT
    MESH = ca.PreparedMesh(testing.boxes_mesh())
    MASK = ca.Rasterizer().coverage(MESH, TRUTH, CAMERA)
    KEPT = tempfile.TemporaryDirectory()
    FOLDER = pathlib.Path(KEPT.name)
    (FOLDER / "empty.png").write_bytes(b"")
    (FOLDER / "text.png").write_text("no image")
    (FOLDER / "points.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\n")
    (FOLDER / "broken.json").write_text('{"mesh": ')
    ca.save_mask(FOLDER / "small.png", np.ones((10, 12)))


def tearDownModule():
    KEPT.cleanup()


def with_value(array, index, value):
    changed = np.array(array, float)
    changed[index] = value
    return changed


def align(mesh=None, masks=None, cameras=None, start=TRUTH, **settings):
    return ca.align(MESH if mesh is None else mesh, [MASK] if masks is None else masks,
                    [CAMERA] if cameras is None else cameras, start, **settings)


def camera(**changes):
    numbers = dict(fx=150, fy=150, cx=80, cy=64, width=160, height=128)
    return ca.Camera(**dict(numbers, **changes))


# (what the message must hold, the call)
MESHES = [
    (r"nowhere\.obj", lambda: align(mesh="nowhere.obj")),
    (r"points\.obj.*no faces", lambda: align(mesh=FOLDER / "points.obj")),
    (r"mesh is an int", lambda: align(mesh=3)),
    (r"mesh is a tuple", lambda: align(mesh=(np.zeros((3, 3)),))),
    (r"mesh is a dict", lambda: align(mesh={})),
    (r"mesh: vertices.*\(3, 2\)", lambda: align(mesh=(np.zeros((3, 2)), [[0, 1, 2]]))),
    (r"mesh: vertices.*\(9,\)", lambda: align(mesh=(np.zeros(9), [[0, 1, 2]]))),
    (r"mesh: vertices.*str", lambda: align(mesh=("vertices", [[0, 1, 2]]))),
    (r"mesh: vertices.*complex", lambda: align(mesh=(np.zeros((3, 3), complex), [[0, 1, 2]]))),
    (r"vert.*nan", lambda: align(mesh=(with_value(np.eye(3), (1, 1), np.nan), [[0, 1, 2]]))),
    (r"vert.*inf", lambda: align(mesh=(with_value(np.eye(3), (1, 1), np.inf), [[0, 1, 2]]))),
    (r"vert.*1e\+60", lambda: align(mesh=(with_value(np.eye(3), (1, 1), 1e60), [[0, 1, 2]]))),
    (r"mesh: faces.*index 3", lambda: align(mesh=(np.eye(3), [[0, 1, 3]]))),
    (r"mesh: faces.*index -1", lambda: align(mesh=(np.eye(3), [[0, 1, -1]]))),
    (r"mesh: faces.*float64", lambda: align(mesh=(np.eye(3), [[0.0, 1, 2]]))),
    (r"mesh: faces.*\(1, 4\)", lambda: align(mesh=(np.eye(3), [[0, 1, 2, 0]]))),
    (r"mesh: faces.*array", lambda: align(mesh=(np.eye(3), [[0, 1, 2], [0, 1]]))),
    (r"mesh: no face", lambda: align(mesh=(np.eye(3), np.zeros((0, 3), int)))),
    (r"mesh: no face has an area", lambda: align(mesh=(np.zeros((3, 3)), [[0, 1, 2]]))),
    (r"mesh: no face", lambda: align(mesh=(np.zeros((0, 3)), np.zeros((0, 3), int)))),
    (r"mesh has 2 meshes", lambda: align(mesh=[MESH, MESH], masks=[MASK] * 3, cameras=CAMERA)),
    (r"unit.*parsec", lambda: ca.PreparedMesh(FOLDER / "points.obj", unit="parsec")),
    (r"scale", lambda: ca.PreparedMesh(FOLDER / "points.obj", scale=-1)),
    (r"up .*w", lambda: ca.PreparedMesh(FOLDER / "points.obj", up="w")),
]
MASKS = [
    (r"masks\[0\].*\(127, 160\).*128 px high", lambda: align(masks=[MASK[1:]])),
    (r"masks\[0\].*\(160, 128\)", lambda: align(masks=[MASK.T])),
    (r"masks.*3 dimensions|masks.*128|cameras has 1", lambda: align(masks=np.zeros((128, 160, 3)))),
    (r"masks\[0\].*\(128, 160, 3\)", lambda: align(masks=[np.zeros((128, 160, 3), np.uint8)])),
    (r"masks has 1 dimensions", lambda: align(masks=np.zeros(5))),
    (r"masks\[0\].*nan at row 3, column 5",
     lambda: align(masks=[with_value(MASK, (3, 5), np.nan)])),
    (r"masks\[0\].*1\.5", lambda: align(masks=[with_value(MASK, (3, 5), 1.5)])),
    (r"masks\[0\].*-0\.1", lambda: align(masks=[with_value(MASK, (3, 5), -0.1)])),
    (r"masks\[0\].*inf", lambda: align(masks=[with_value(MASK, (3, 5), np.inf)])),
    (r"masks\[0\].*integers.*7", lambda: align(masks=[(7 * MASK).astype(np.int32)])),
    (r"masks\[0\].*integers from -1", lambda: align(masks=[(-MASK).astype(np.int8)])),
    (r"masks\[0\].*complex128", lambda: align(masks=[MASK.astype(complex)])),
    (r"masks\[0\].*object", lambda: align(masks=[MASK.astype(object)])),
    (r"masks\[0\].*datetime", lambda: align(masks=[np.zeros((128, 160), "M8[s]")])),
    (r"masks\[0\].*dtype \[\('a'", lambda: align(masks=[np.zeros((128, 160), [("a", "f4")])])),
    (r"masks\[0\].*masked", lambda: align(masks=[np.ma.masked_array(MASK)])),
    (r"masks\[0\].*cuda:0", lambda: align(masks=[OnADevice()])),
    (r"masks\[0\] is empty", lambda: align(masks=[np.zeros((0, 160))])),
    (r"masks\[0\] is None", lambda: align(masks=[None])),
    (r"masks\[0\].*shape \(\)", lambda: align(masks=[3.0])),
    (r"masks is empty", lambda: align(masks=[])),
    (r"masks is None", lambda: ca.align(MESH, None, CAMERA)),
    (r"masks is a dict", lambda: align(masks={})),
    (r"masks is a int", lambda: align(masks=3)),
    (r"mask is empty", lambda: align(masks=[np.zeros((128, 160))])),
    (r"nowhere\.png", lambda: align(masks=["nowhere.png"])),
    (r"empty\.png", lambda: align(masks=[FOLDER / "empty.png"])),
    (r"text\.png", lambda: align(masks=[FOLDER / "text.png"])),
    (r"small\.png.*12", lambda: align(masks=[FOLDER / "small.png"])),
    (r"masks\[0\].*null", lambda: align(masks=["a\0b.png"])),
    (r"masks\[0\].*empty path", lambda: align(masks=[""])),
    (r"mask_threshold.*2", lambda: align(mask_threshold=2)),
    (r"weights\[0\].*-1", lambda: align(weights=[with_value(MASK, (0, 0), -1)])),
    (r"weights\[0\].*nan", lambda: align(weights=[with_value(MASK, (0, 0), np.nan)])),
    (r"weights\[0\].*\(2, 2\)", lambda: align(weights=[np.ones((2, 2))])),
    (r"weights has 2", lambda: align(weights=[None, None])),
]
CAMERAS = [
    (r"fx|focal", lambda: camera(fx=0)),
    (r"Camera: fx is a str", lambda: camera(fx="150")),
    (r"Camera: cx is nan", lambda: camera(cx=float("nan"))),
    (r"Camera.*-5", lambda: camera(fy=-5)),
    (r"Camera: fx is inf", lambda: camera(fx=float("inf"))),
    (r"Camera: width is a float", lambda: camera(width=160.5)),
    (r"Camera.*0", lambda: camera(height=0)),
    (r"Camera.*70000", lambda: camera(width=70000)),
    (r"Camera.*65535", lambda: camera(width=65535, height=65535, cx=9, cy=9)),
    (r"Camera: width.*too large", lambda: camera(width=10**30)),
    (r"distortion", lambda: camera(distortion=[0.1, 0.2, 0.3])),
    (r"distortion.*nan", lambda: camera(distortion=[np.nan, 0, 0, 0])),
    (r"folds", lambda: camera(distortion=[-5, 0, 0, 0])),
    (r"fisheye", lambda: camera(fisheye=[1, 2])),
    (r"distortion and fisheye", lambda: camera(distortion=[0] * 4, fisheye=[0] * 4)),
    (r"cam_from_rig.*\(3, 3\)", lambda: camera(cam_from_rig=np.eye(3))),
    (r"cam_from_rig", lambda: camera(cam_from_rig=np.diag([1, 1, -1, 1]))),
    (r"pixel_center.*0\.25", lambda: camera(pixel_center=0.25)),
    (r"Camera: K.*\(2, 2\)", lambda: ca.Camera.from_K(np.eye(2), 160, 128)),
    (r"Camera", lambda: ca.Camera.from_K([[150, 3, 80], [0, 150, 64], [0, 0, 1]], 160, 128)),
    (r"Camera", lambda: ca.Camera.from_fov(180, 160, 128)),
    (r"cameras has 2.*masks has 1", lambda: align(cameras=[CAMERA, CAMERA])),
    (r"cameras\[0\] is a str", lambda: align(cameras=["camera.json"])),
    (r"cameras\[0\] is a NoneType", lambda: align(cameras=[None])),
    (r"cameras is None", lambda: ca.align(MESH, [MASK], None)),
    (r"rig is a ndarray", lambda: align(rig=np.array("s"))),
    (r"rig has 2", lambda: align(rig=[np.eye(4)] * 2)),
    (r"rig.*nan", lambda: align(rig=[np.full((4, 4), np.nan)])),
    (r"names\[1\]", lambda: align(masks=[MASK] * 2, cameras=CAMERA, names=["a", "a"])),
    (r"names\[0\]", lambda: align(names=[3])),
]
POSES = [
    (r"start.*\(3, 3\)", lambda: align(start=np.eye(3))),
    (r"start.*nan at \[1, 2\]", lambda: align(start=with_value(TRUTH, (1, 2), np.nan))),
    (r"start", lambda: align(start=2 * np.eye(4))),
    (r"start.*last row", lambda: align(start=TRUTH.T)),
    (r"start", lambda: align(start=np.diag([1.2, 1, 1, 1]))),
    (r"start", lambda: align(start=np.diag([-1.0, 1, 1, 1]))),
    (r"start.*too large", lambda: align(start=testing.pose([0, 0, 0], [0, 0, 1e200]))),
    (r"start is a str", lambda: align(start="pose.txt")),
    (r"start.*dtype object", lambda: align(start={"R": 1})),
    (r"start.*behind", lambda: align(start=testing.pose([0, 0, 0], [0, 0, -14]))),
    (r"truth", lambda: align(truth=np.eye(2))),
    (r"world_from_object\[0\]", lambda: align(world_from_object=[np.eye(3)])),
]
SETTINGS = [
    (r"require_deg.*-1", lambda: align(require_deg=-1)),
    (r"require_deg is a str", lambda: align(require_deg="1")),
    (r"trust_percent.*nan", lambda: align(trust_percent=float("nan"))),
    (r"trust_percent is too large", lambda: align(trust_percent=10**400)),
    (r"no start", lambda: align(start=None, trust_deg=5)),
    (r"distance", lambda: align(distance=5)),
    (r"max_distance", lambda: align(distance=(20, 10))),
    (r"robust.*perhaps", lambda: align(robust="perhaps")),
    (r"covariance is an int", lambda: align(covariance=1)),
    (r"max_iterations", lambda: align(max_iterations=0)),
    (r"restarts is a float", lambda: align(restarts=1.5)),
    (r"options.*speed", lambda: align(options={"speed": 1})),
    (r"options is a list", lambda: align(options=[1])),
    (r"level_factor", lambda: align(options={"level_factor": 0.5})),
    (r"level_factor", lambda: align(options={"level_factor": float("nan")})),
    (r"sharp_window", lambda: align(options={"sharp_window": 4})),
    (r"up_in_world.*two|up_in_world.*2", lambda: align(options={"up_in_world": [1, 2]})),
    (r"refine.*colour", lambda: align(refine=["colour"])),
    (r"refine", lambda: align(refine=3)),
    (r"backend.*tpu", lambda: align(backend="tpu")),
    (r"backend", lambda: align(backend=None)),
    (r"num_threads", lambda: align(num_threads=-1)),
    (r"num_threads", lambda: align(num_threads=2**40)),
    (r"progress is a int", lambda: align(progress=1)),
    (r"scene is a int", lambda: ca.align_scene(3)),
    (r"broken\.json", lambda: ca.align_scene(FOLDER / "broken.json")),
    (r"nowhere\.json", lambda: ca.load_scene("nowhere.json")),
]


def objects(given=None, cameras=None, **settings):
    made = {"a": one_object(), "b": one_object(masks=[MASK[::-1]])} if given is None else given
    return ca.align_objects(made, [CAMERA] if cameras is None else cameras, **settings)


def one_object(mesh=None, masks=None, start=TRUTH, **others):
    return ca.SceneObject(MESH if mesh is None else mesh, [MASK] if masks is None else masks, start,
                          **others)


OBJECTS = [
    (r"objects is a list", lambda: objects([one_object()])),
    (r"objects is a int", lambda: objects(3)),
    (r"objects is empty", lambda: objects({})),
    (r"objects: the name ''", lambda: objects({"": one_object()})),
    (r"objects: the name 3", lambda: objects({3: one_object()})),
    (r"objects\['a'\] is a tuple", lambda: objects({"a": (MESH, [MASK])})),
    (r"objects\['b'\] is a NoneType", lambda: objects({"a": one_object(), "b": None})),
    (r"objects\['a'\]: mesh is an int", lambda: objects({"a": one_object(mesh=3)})),
    (r"nowhere\.obj", lambda: objects({"a": one_object(mesh="nowhere.obj")})),
    (r"objects\['a'\]: masks is None", lambda: objects({"a": ca.SceneObject(MESH, None)})),
    (r"objects\['a'\]: masks is empty", lambda: objects({"a": one_object(masks=[])})),
    (r"objects\['a'\]: masks are all None", lambda: objects({"a": one_object(masks=[None])})),
    (r"objects\['b'\]: masks has 2 entries, another object's has 1",
     lambda: objects({"a": one_object(), "b": one_object(masks=[MASK, MASK])})),
    (r"objects\['b'\]: masks\[0\].*\(127, 160\)",
     lambda: objects({"a": one_object(), "b": one_object(masks=[MASK[1:]])})),
    (r"objects\['a'\]: masks\[0\].*nan at row 3, column 5",
     lambda: objects({"a": one_object(masks=[with_value(MASK, (3, 5), np.nan)])})),
    (r"objects\['a'\]: masks\[0\].*object", lambda: objects(
        {"a": one_object(masks=[MASK.astype(object)])})),
    (r"object \"a\":.*empty", lambda: objects({"a": one_object(masks=[np.zeros((128, 160))])})),
    (r"objects\['a'\]: start.*nan", lambda: objects(
        {"a": one_object(start=with_value(TRUTH, (1, 2), np.nan))})),
    (r"objects\['a'\]: truth", lambda: objects({"a": one_object(truth=np.eye(2))})),
    (r"object \"a\":.*behind", lambda: objects(
        {"a": one_object(start=testing.pose([0, 0, 0], [0, 0, -14]))})),
    (r"cameras is None", lambda: ca.align_objects({"a": one_object()})),
    (r"cameras has 2.*masks has 1", lambda: objects(cameras=[CAMERA] * 2)),
    (r"cameras\[0\] is a str", lambda: objects(cameras=["camera"])),
    (r"rig has 2", lambda: objects(rig=[np.eye(4)] * 2)),
    (r"names has 2", lambda: objects(names=["a", "b"])),
    (r"names\[0\]", lambda: objects(names=[3])),
    (r"weights\[0\].*\(2, 2\)", lambda: objects(weights=[np.ones((2, 2))])),
    (r"weights has 3", lambda: objects(weights=[None] * 3)),
    (r"mask_threshold.*2", lambda: objects(mask_threshold=2)),
    (r"search is a int", lambda: objects(search=1)),
    (r"require_deg is a str", lambda: objects(require_deg="1")),
    (r"options.*speed", lambda: objects(options={"speed": 1})),
    (r"backend.*tpu", lambda: objects(backend="tpu")),
    (r"num_threads", lambda: objects(num_threads=-1)),
    (r"progress is a int", lambda: objects(progress=1)),
    (r"object \"a\".*no start", lambda: objects({"a": one_object(start=None)}, trust_deg=5)),
    (r"nowhere\.json", lambda: ca.align_objects("nowhere.json")),
    (r"broken\.json", lambda: ca.load_objects(FOLDER / "broken.json")),
    (r"scene is an int", lambda: ca.load_objects(3)),
]
DRAWING = [
    (r"cam_from_object", lambda: ca.Rasterizer().coverage(MESH, np.eye(3), CAMERA)),
    (r"camera is a ndarray", lambda: ca.Rasterizer().coverage(MESH, TRUTH, np.eye(3))),
    (r"mesh is a NoneType|mesh is None", lambda: ca.Rasterizer().coverage(None, TRUTH, CAMERA)),
    (r"window", lambda: ca.Rasterizer().jacobian(MESH, TRUTH, CAMERA, window=2)),
    (r"window", lambda: ca.Rasterizer().outline(MESH, TRUTH, CAMERA, window="9")),
    (r"backend", lambda: ca.Rasterizer("gpu")),
    (r"kinds.*heat", lambda: ca.render(MESH, TRUTH, CAMERA, ["heat"])),
    (r"kinds", lambda: ca.render(MESH, TRUTH, CAMERA, 3)),
    (r"smooth_normals", lambda: ca.render(MESH, TRUTH, CAMERA, smooth_normals=np.eye(3))),
    (r"tangent", lambda: ca.moved(TRUTH, MESH, [1, 2, 3])),
    (r"points.*\(3,\)", lambda: CAMERA.project([1, 2, 3])),
]
FILES = [
    (r"nowhere\.png", lambda: ca.load_mask("nowhere.png")),
    (r"path is an int", lambda: ca.load_mask(3)),
    (r"small\.png", lambda: ca.load_mask(FOLDER / "small.png", size=(3, 3))),
    (r"size", lambda: ca.load_mask(FOLDER / "small.png", size=3)),
    (r"threshold", lambda: ca.load_mask(FOLDER / "small.png", threshold="x")),
    (r"mask.*\(3,\)", lambda: ca.save_mask(FOLDER / "m.png", [1, 0, 1])),
    (r"empty\.png", lambda: ca.save_mask(FOLDER / "empty.png" / "m.png", MASK)),
    (r"stl", lambda: ca.save_mesh(FOLDER / "m.stl", MESH)),
    (r"mesh: faces", lambda: ca.save_mesh(FOLDER / "m.obj", (np.eye(3), [[0, 1, 9]]))),
    (r"text\.png", lambda: ca.read_matrix(FOLDER / "text.png")),
    (r"nowhere", lambda: ca.read_pose(FOLDER / "nowhere.txt")),
    (r"matrix", lambda: ca.write_matrix(FOLDER / "m.txt", [1, 2])),
    (r"values", lambda: ca.save_exr(FOLDER / "m.exr", np.zeros((2, 2, 2)))),
    (r"format|nonsense", lambda: ca.read_cameras("nonsense", FOLDER)),
    (r"cameras\.txt|colmap|images", lambda: ca.read_cameras("colmap", FOLDER)),
    (r"rig_form", lambda: ca.read_cameras("matrix", FOLDER, rig_form="x")),
    (r"cameras\[0\]", lambda: ca.write_cameras("colmap", FOLDER / "c", [3])),
    (r"cam_from_reference", lambda: ca.write_cameras("colmap", FOLDER / "c", [CAMERA], [])),
    (r"mesh", lambda: ca.write_cameras("gltf", FOLDER / "c.glb", [CAMERA])),
]


class WrongInput(unittest.TestCase):
    def check(self, cases):
        for pattern, call in cases:
            with self.subTest(pattern):
                with self.assertRaisesRegex(ca.InputError, "(?i)" + pattern) as caught:
                    call()
                self.assertNotIn("\n", str(caught.exception))

    def test_meshes(self):
        self.check(MESHES)

    def test_masks(self):
        self.check(MASKS)

    def test_cameras(self):
        self.check(CAMERAS)

    def test_poses(self):
        self.check(POSES)

    def test_settings(self):
        self.check(SETTINGS)

    def test_objects(self):
        self.check(OBJECTS)

    def test_drawing(self):
        self.check(DRAWING)

    def test_files(self):
        self.check(FILES)

    def test_an_input_error_is_a_value_error(self):
        self.assertTrue(issubclass(ca.InputError, ValueError))
        with self.assertRaises(ValueError):
            ca.load_mask(os.devnull)

    def test_unknown_keywords_are_type_errors(self):
        with self.assertRaisesRegex(TypeError, "requre_deg"):
            align(requre_deg=1)

    def test_extremes_are_no_errors(self):
        """What is odd but possible gives an answer, whatever it says."""
        far = testing.pose([0, 0, 0], [0, 0, 1e30])
        self.assertEqual(ca.Rasterizer().coverage(MESH, far, CAMERA).max() <= 1, True)
        inside = testing.pose([0, 0, 0], [0, 0, 0])
        self.assertEqual(ca.Rasterizer().coverage(MESH, inside, CAMERA).max() <= 1, True)
        one = ca.Camera(1, 1, 0.5, 0.5, 1, 1)
        self.assertEqual(ca.render(MESH, TRUTH, one).mask.shape, (1, 1))
        result = align(masks=[np.ones((128, 160), bool)], max_iterations=3)
        self.assertFalse(result.usable)


if __name__ == "__main__":
    unittest.main()
