"""Readers and writers from Python, and that the stubs say what is there."""

import ast
import json
import pathlib
import pickle
import tempfile
import unittest
import warnings

import numpy as np
import testing
from testing import CAMERA, RIG, TRUTH

import ceres_align as ca


def setUpModule():
    global ARRAYS, MESH
    ARRAYS = testing.boxes_mesh()
    MESH = ca.PreparedMesh(ARRAYS)


class InFolder(unittest.TestCase):
    def setUp(self):
        kept = tempfile.TemporaryDirectory()
        self.addCleanup(kept.cleanup)
        self.folder = pathlib.Path(kept.name)


class Meshes(InFolder):
    def test_written_and_read_to_the_same_bits(self):
        for name in ("m.obj", "m.ply"):
            ca.save_mesh(self.folder / name, ARRAYS)
            vertices, faces = ca.load_mesh(self.folder / name)
            np.testing.assert_array_equal(vertices, MESH.vertices)
            np.testing.assert_array_equal(faces, MESH.faces)

    def test_units_and_axes(self):
        ca.save_mesh(self.folder / "m.ply", ARRAYS)
        vertices, _ = ca.load_mesh(str(self.folder / "m.ply"), unit="mm", up="z")
        np.testing.assert_allclose(vertices, 0.001 * ARRAYS[0] @ [[1, 0, 0], [0, 0, -1], [0, 1, 0]],
                                   atol=1e-15)

    def test_arrays_are_cleaned(self):
        soup = ARRAYS[0][ARRAYS[1]].reshape(-1, 3), np.arange(3 * len(ARRAYS[1])).reshape(-1, 3)
        mesh = ca.PreparedMesh(soup)
        self.assertEqual((len(mesh.vertices), len(mesh.faces)), (24, 36))


class Images(InFolder):
    def test_masks(self):
        mask = np.linspace(0, 1, 20 * 30).reshape(20, 30)
        ca.save_mask(self.folder / "m.png", mask)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            read = ca.load_mask(self.folder / "m.png", size=(20, 30))
        self.assertEqual((read.dtype, read.shape), (np.float32, (20, 30)))
        np.testing.assert_allclose(read, np.round(255 * mask) / 255, atol=1e-7)
        self.assertEqual(ca.image_size(self.folder / "m.png"), (20, 30))
        np.testing.assert_array_equal(ca.load_mask(self.folder / "m.png", threshold=0.5),
                                      read >= 0.5)
        np.testing.assert_array_equal(ca.load_ignore(self.folder / "m.png"), read > 0)

    def test_oddities_are_warnings(self):
        ca.save_mask(self.folder / "full.png", np.ones((20, 30)))
        with self.assertWarnsRegex(ca.InputWarning, "full.png.*all foreground"):
            ca.load_mask(self.folder / "full.png")
        result = ca.align(MESH, [np.ones((128, 160))], CAMERA, TRUTH, max_iterations=2)
        self.assertIn("masks[0]: the mask is all foreground", result.warnings)

    def test_numpys_own_files(self):
        mask = testing.sampled_mask(ARRAYS, TRUTH, CAMERA).astype(np.float32)
        np.save(self.folder / "m.npy", mask)
        np.testing.assert_array_equal(ca.load_mask(self.folder / "m.npy"), mask)

    def test_photos_and_exr(self):
        gray = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20
        ca.save_mask(self.folder / "p.png", gray)
        np.testing.assert_array_equal(ca.load_photo(self.folder / "p.png"),
                                      np.repeat(gray[..., None], 3, 2))
        for values in (gray, np.zeros((3, 4, 3))):
            ca.save_exr(self.folder / "d.exr", values)
            self.assertEqual((self.folder / "d.exr").read_bytes()[:4], b"\x76\x2f\x31\x01")


class Cameras(InFolder):
    def test_matrices(self):
        for name in ("p.npy", "p.csv"):
            ca.write_matrix(self.folder / name, TRUTH)
            np.testing.assert_array_equal(ca.read_matrix(self.folder / name), TRUTH)
            np.testing.assert_allclose(ca.read_pose(self.folder / name), TRUTH, atol=1e-15)

    def test_colmap_there_and_back(self):
        poses = np.stack([TRUTH, RIG @ TRUTH])
        ca.write_cameras("colmap", self.folder / "model", [CAMERA, CAMERA], poses,
                         names=["left", "right"])
        read = ca.read_cameras("colmap", self.folder / "model")
        self.assertEqual(read.names, ["left", "right"])
        np.testing.assert_allclose(read.cam_from_reference, poses, atol=1e-12)
        np.testing.assert_allclose(read.cameras[1].K, CAMERA.K)
        np.testing.assert_allclose(read.cameras[1].cam_from_rig, poses[1], atol=1e-12)
        self.assertTrue(read.conventions is not None and read.reference_from_object is None)

    def test_formats_and_gltf(self):
        names = [one.name for one in ca.camera_formats()]
        self.assertIn("colmap", names)
        self.assertTrue(any(one.can_write for one in ca.camera_formats()))
        ca.write_cameras("gltf", self.folder / "s.glb", [CAMERA], [TRUTH], mesh=MESH)
        self.assertEqual((self.folder / "s.glb").read_bytes()[:4], b"glTF")

    def test_a_camera_is_a_value(self):
        for camera in (CAMERA.at(RIG), ca.Camera(150, 150, 80, 64, 160, 128, fisheye=[0.1, 0, 0, 0]),
                       ca.Camera(150, 150, 80, 64, 160, 128, [-0.1, 0.01, 0, 1e-3])):
            again = pickle.loads(pickle.dumps(camera))
            np.testing.assert_allclose(again.cam_from_rig, camera.cam_from_rig, atol=1e-15)
            np.testing.assert_array_equal(again.K, camera.K)
            self.assertEqual(str(again.distortion), str(camera.distortion))
            self.assertEqual(str(again.fisheye), str(camera.fisheye))
        self.assertEqual(CAMERA, ca.Camera.from_K(CAMERA.K, 160, 128))
        self.assertNotEqual(CAMERA, CAMERA.at(RIG))
        opencv = ca.Camera(150, 150, 79.5, 63.5, 160, 128, pixel_center=0)
        self.assertEqual(opencv, CAMERA)


class Scenes(InFolder):
    def test_a_scene_file(self):
        ca.save_mesh(self.folder / "m.ply", ARRAYS)
        ca.save_mask(self.folder / "v.png", testing.sampled_mask(ARRAYS, TRUTH, CAMERA))
        start = {"R": TRUTH[:3, :3].tolist(), "t": TRUTH[:3, 3].tolist()}
        (self.folder / "s.json").write_text(json.dumps({
            "mesh": "m.ply", "truth": {"rig_from_world": start},
            "views": [{"mask": "v.png", "width": 160, "height": 128, "K": CAMERA.K.tolist()}]}))
        scene = ca.load_scene(self.folder / "s.json")
        self.assertEqual(scene.names, ["view0"])
        self.assertEqual(scene.cameras, [CAMERA])
        self.assertIsNone(scene.start)
        np.testing.assert_allclose(scene.truth, TRUTH, atol=1e-12)
        self.assertEqual(scene.masks[0].shape, (128, 160))
        near = testing.start_off(10, scene.meshes[0])
        for _ in range(2):  # a scene may be aligned again
            result = ca.align_scene(scene, near)
            self.assertLess(result.errors.rotation_deg, 0.2)
            self.assertFalse(result.searched)
        self.assertTrue(ca.align_scene(scene, False).searched)


class Stubs(unittest.TestCase):
    def test_they_name_what_is_there_and_nothing_else(self):
        package = pathlib.Path(ca.__file__).parent
        self.assertTrue((package / "py.typed").is_file())
        tree = ast.parse((package / "__init__.pyi").read_text())
        stubs = {}
        for node in tree.body:
            if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
                stubs[node.name] = node
        public = set(ca.__all__) - {"__version__"}
        self.assertEqual({name for name in stubs if not name.startswith("_")}, public)
        for name in public:
            self.assertTrue(getattr(ca, name).__doc__, name)

    def test_members_and_parameters(self):
        package = pathlib.Path(ca.__file__).parent
        tree = ast.parse((package / "__init__.pyi").read_text())
        result = ca.align(MESH, [testing.sampled_mask(ARRAYS, TRUTH, CAMERA)], CAMERA, TRUTH)
        several = ca.align_objects({"it": ca.SceneObject(MESH, testing.sampled_mask(
            ARRAYS, TRUTH, CAMERA), TRUTH)}, CAMERA)
        shown = {"Result": result, "Camera": CAMERA, "PreparedMesh": MESH,
                 "ObjectsResult": several, "Rasterizer": ca.Rasterizer()}
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and node.name in shown:
                told = {item.name if isinstance(item, ast.FunctionDef) else item.target.id
                        for item in node.body if isinstance(item, (ast.FunctionDef, ast.AnnAssign))}
                there = {name for name in dir(shown[node.name]) if not name.startswith("_")}
                self.assertEqual({name for name in told if not name.startswith("_")}, there,
                                 node.name)
            if isinstance(node, ast.FunctionDef) and node.name in ("render", "load_mesh",
                                                                   "read_cameras", "moved"):
                code = getattr(ca, node.name).__code__
                names = code.co_varnames[:code.co_argcount + code.co_kwonlyargcount]
                arguments = node.args.args + node.args.kwonlyargs
                self.assertEqual(tuple(a.arg for a in arguments), names, node.name)

    def test_settings_that_functions_share(self):
        package = pathlib.Path(ca.__file__).parent
        tree = ast.parse((package / "__init__.pyi").read_text())
        shared = ca._align._settings.__code__
        shared = shared.co_varnames[:shared.co_kwonlyargcount]
        self.assertIn("max_iterations", shared)
        names = ("align", "align_scene", "align_objects", "hand_eye")
        told = {node.name: tuple(a.arg for a in node.args.args + node.args.kwonlyargs)
                for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in names}
        for name in names:
            code = getattr(ca, name).__code__
            own = code.co_varnames[:code.co_argcount + code.co_kwonlyargcount]
            self.assertEqual(told[name], own + shared, name)


if __name__ == "__main__":
    unittest.main()
