"""align_objects: poses of objects that hide each other, from masks of a renderer of its own."""

import gc
import json
import os
import pathlib
import pickle
import signal
import subprocess
import tempfile
import threading
import unittest

import numpy as np
import testing
from testing import CAMERA, RIG, TRUTH

import ceres_align as ca

TOOLS = os.environ.get("CERES_ALIGN_TOOLS_DIR", "")
CAMERAS = [CAMERA, CAMERA.at(RIG)]
# In front of a part of the other one, in the first camera.
NEAR = testing.pose([0.3, -0.5, 1.1], [1.2, 0.1, 9])


def setUpModule():
    global FAR_ARRAYS, NEAR_ARRAYS, FAR_MESH, NEAR_MESH, LABELS, WHOLE, STARTS
    FAR_ARRAYS = testing.boxes_mesh()
    NEAR_ARRAYS = (FAR_ARRAYS[0] * [0.25, 0.45, 0.5], FAR_ARRAYS[1])
    FAR_MESH, NEAR_MESH = ca.PreparedMesh(FAR_ARRAYS), ca.PreparedMesh(NEAR_ARRAYS)
    LABELS, WHOLE = [], []
    for camera in CAMERAS:
        far, near = (testing.sampled_mask(mesh, camera.cam_from_rig @ pose, camera, 1) > 0
                     for mesh, pose in ((FAR_ARRAYS, TRUTH), (NEAR_ARRAYS, NEAR)))
        LABELS.append(np.where(near, 7, np.where(far, 3, 0)).astype(np.uint8))
        WHOLE.append((far, near))
    STARTS = [ca.moved(TRUTH, FAR_MESH, [0.05, -0.04, 0.06, 0.2, 0.1, 0.3]),
              ca.moved(NEAR, NEAR_MESH, [-0.04, 0.05, 0.05, -0.1, 0.1, 0.2])]


def objects(starts=True, meshes=None, masks=None):
    far, near = meshes or (FAR_MESH, NEAR_MESH)
    of_far, of_near = masks or ([labels == 3 for labels in LABELS],
                                [labels == 7 for labels in LABELS])
    return {"far": ca.SceneObject(far, of_far, STARTS[0] if starts else None, TRUTH),
            "near": ca.SceneObject(near, of_near, STARTS[1] if starts else None, NEAR)}


def solve(given=None, **settings):
    return ca.align_objects(objects() if given is None else given, CAMERAS, **settings)


def bits(result):
    return [(one.rig_from_world.tobytes(), one.covariance.tobytes(), one.final_cost)
            for one in result.objects.values()]


class Finds(unittest.TestCase):
    def expect_right(self, result):
        for one in result.objects.values():
            self.assertTrue(one.right, one.verdict)
            self.assertLess(one.errors.rotation_deg, 0.3)
            self.assertLess(one.errors.translation_percent, 0.2)

    def test_both_of_two_that_overlap(self):
        hidden = [far & (labels == 7) for (far, _), labels in zip(WHOLE, LABELS)]
        self.assertGreater(hidden[0].sum(), 0.2 * WHOLE[0][0].sum())
        result = solve()
        self.expect_right(result)
        self.assertTrue(result.usable)
        self.assertEqual(list(result.objects), ["far", "near"])
        self.assertEqual(len(result), 2)
        self.assertGreaterEqual(result.rounds, 1)
        far = result["far"]
        self.assertEqual(far.cam_from_world.shape, (2, 4, 4))
        self.assertEqual(far.covariance.shape, (6, 6))
        self.assertIn("order", [check.name for check in far.checks])
        self.assertIn("far usable", repr(result))
        self.assertIn("==== near ====", result.report())

    def test_without_starts_and_by_file(self):
        searched = solve(objects(starts=False))
        self.expect_right(searched)
        self.assertTrue(searched["far"].searched)
        self.assertEqual(bits(solve(search=True)), bits(searched))

    def test_whole_masks_and_one_that_lacks_a_view(self):
        whole = [[pair[i] for pair in WHOLE] for i in (0, 1)]
        self.expect_right(solve(objects(masks=whole)))
        result = solve(objects(masks=(whole[0], [whole[1][0], None])))
        self.assertEqual(len(result["near"].views), 1)
        self.assertEqual(len(result["far"].views), 2)
        self.expect_right(result)

    def test_masks_meshes_and_cameras_of_every_kind(self):
        expected = bits(solve())
        floats = [[(labels == label).astype(np.float32) for labels in LABELS] for label in (3, 7)]
        stacked = [np.stack([labels == label for labels in LABELS]) for label in (3, 7)]
        for masks in (floats, stacked):
            self.assertEqual(bits(solve(objects(masks=masks))), expected)
        self.assertEqual(bits(solve(objects(meshes=(FAR_ARRAYS, NEAR_ARRAYS)))), expected)
        rig = [np.eye(4), RIG]
        for cameras in (CAMERA, CAMERA.K, [CAMERA.K, CAMERA]):
            self.assertEqual(bits(ca.align_objects(objects(), cameras, rig=rig)), expected)
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for i, labels in enumerate(LABELS):
                path = os.path.join(folder, f"{i}.png")
                ca.save_mask(path, labels / 255)
                paths.append(path)
            by_label = [[f"{path}:{label}" for path in paths] for label in (3, 7)]
            self.assertEqual(bits(solve(objects(masks=by_label))), expected)

    def test_pixels_without_weight_do_not_count(self):
        spoiled = [labels.copy() for labels in LABELS]
        spoiled[0][:60, :50] = 3
        weight = np.ones(spoiled[0].shape, bool)
        weight[:60, :50] = False
        masks = [[labels == label for labels in spoiled] for label in (3, 7)]
        result = solve(objects(masks=masks), weights=[weight, None])
        self.expect_right(result)
        self.assertTrue(result.usable)
        self.assertFalse(solve(objects(masks=masks)).usable)

    def test_an_object_that_is_not_there_is_named(self):
        wrong = dict(objects(), near=ca.SceneObject(FAR_MESH, [labels == 7 for labels in LABELS]))
        result = solve(wrong)
        self.assertFalse(result.usable)
        self.assertFalse(result["near"].usable)
        self.assertIn("NOT", result["near"].verdict)

    def test_one_object_is_as_align_has_it(self):
        mask = WHOLE[0][1]
        one = ca.align_objects({"it": ca.SceneObject(NEAR_MESH, mask, STARTS[1])}, CAMERA)["it"]
        alone = ca.align(NEAR_MESH, mask, CAMERA, STARTS[1], options={"finest_window": 27})
        self.assertEqual(one.rig_from_world.tobytes(), alone.rig_from_world.tobytes())


class AgreesWithTheProgram(unittest.TestCase):
    def scene_file(self, folder):
        views = []
        for i, (labels, camera) in enumerate(zip(LABELS, CAMERAS)):
            ca.save_mask(folder / f"{i}.png", labels / 255)
            rig = camera.cam_from_rig
            views.append({"name": f"v{i}", "mask": f"{i}.png", "width": 160, "height": 128,
                          "K": camera.K.tolist(),
                          "cam_from_rig": {"R": rig[:3, :3].tolist(), "t": rig[:3, 3].tolist()}})
        made = []
        for name, mesh, label, start in (("far", FAR_MESH, 3, STARTS[0]),
                                         ("near", NEAR_MESH, 7, STARTS[1])):
            ca.save_mesh(folder / f"{name}.obj", mesh)
            pose = {"R": start[:3, :3].tolist(), "t": start[:3, 3].tolist()}
            made.append({"name": name, "mesh": f"{name}.obj", "label": str(label),
                         "initial": {"rig_from_world": pose}})
        path = folder / "s.json"
        path.write_text(json.dumps({"views": views, "objects": made}))
        return path

    def test_same_json_as_result_json(self):
        program = pathlib.Path(TOOLS) / "ceres_align"
        if not TOOLS or not program.is_file():
            self.skipTest("the program ceres_align is not built")
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            scene = self.scene_file(folder)
            run = subprocess.run([program, "--scene", scene, "--out_dir", folder, "--outputs",
                                  "json", "--backend", "cpu"], capture_output=True)
            self.assertEqual(run.returncode, 0, run.stdout)
            theirs = [json.loads((folder / name / "result.json").read_text())
                      for name in (".", "far", "near")]
            loaded = ca.load_objects(scene)
            self.assertEqual(list(loaded), ["far", "near"])
            self.assertIsInstance(loaded["far"], ca.Scene)
            for given in (scene, loaded, loaded):  # the scenes are not used up
                result = ca.align_objects(given, backend="cpu")
                ours = [json.loads(text) for text in (
                    result.to_json(), result["far"].to_json(), result["near"].to_json())]
                for one in ours + theirs:
                    one.pop("seconds", None)
                self.assertEqual(ours, theirs)
            with self.assertRaisesRegex(ca.InputError, "s.json: objects: .*align_objects"):
                ca.load_scene(scene)


class Ends(unittest.TestCase):
    def test_progress_is_told_with_names_and_may_stop(self):
        told = []
        solve(progress=lambda name, step: told.append((name, step)))
        self.assertEqual({name for name, _ in told}, {"far", "near"})
        self.assertEqual(told[0][1].rig_from_world.shape, (4, 4))
        stopped = solve(progress=lambda name, step: name != "near")
        self.assertEqual(stopped["near"].status, "stopped")
        self.assertFalse(stopped.usable)

        def raise_it(name, step):
            raise RuntimeError("here")
        with self.assertRaisesRegex(RuntimeError, "here"):
            solve(progress=raise_it)

    def test_ctrl_c_ends_a_search_that_would_take_hours(self):
        endless = {"search_candidates": 2000000, "search_refined": 2000000,
                   "search_directions": 3000, "search_again": True}
        timer = threading.Timer(0.4, lambda: os.kill(os.getpid(), signal.SIGINT))
        timer.start()
        try:
            with self.assertRaises(KeyboardInterrupt):
                solve(search=True, options=endless)
        finally:
            timer.cancel()
        self.assertTrue(solve().usable)

    def test_any_number_of_threads_gives_the_same_bits(self):
        expected, got = bits(solve(num_threads=1)), []
        threads = [threading.Thread(target=lambda: got.append(bits(solve()))) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(got + [bits(solve(num_threads=3))], 4 * [expected])

    def test_results_are_pickled(self):
        result = solve()
        again = pickle.loads(pickle.dumps(result))
        self.assertEqual(again.to_json(), result.to_json())
        self.assertEqual(again.report(), result.report())
        self.assertEqual(bits(again), bits(result))

    def test_memory_does_not_grow_over_200_calls(self):
        def resident_kb():
            gc.collect()
            with open("/proc/self/statm") as file:
                return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
        camera = ca.Camera(75, 75, 40, 32, 80, 64)
        small = [labels[::2, ::2] for labels in LABELS[:1]]

        def call(**settings):
            return ca.align_objects(
                {"far": ca.SceneObject(FAR_ARRAYS, [labels == 3 for labels in small], STARTS[0]),
                 "near": ca.SceneObject(NEAR_MESH, [labels == 7 for labels in small], STARTS[1])},
                camera, num_threads=1, **settings)
        for _ in range(20):
            call()
        before = resident_kb()
        for i in range(200):
            call()
            if i % 4 == 0:
                with self.assertRaises(ca.InputError):
                    call(weights=[np.ones((3, 3))])
        # One kept mask, mesh or result each time would be 20 kB or more.
        self.assertLess(resident_kb() - before, 1500)


if __name__ == "__main__":
    unittest.main()
