"""Alignments from Python: what they find, what they take, how they end."""

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


def setUpModule():
    global ARRAYS, MESH, MASKS, CAMERAS, START
    ARRAYS, MASKS, CAMERAS = testing.two_views()
    MESH = ca.PreparedMesh(ARRAYS)
    START = testing.start_off(20, MESH)


def bits(result):
    return result.rig_from_world.tobytes(), result.final_cost, result.evaluations


class Finds(unittest.TestCase):
    def test_pose_from_a_start(self):
        result = ca.align(MESH, MASKS, CAMERAS, START, truth=TRUTH)
        self.assertEqual(result.status, "converged")
        self.assertTrue(result.usable, result.verdict)
        self.assertLess(testing.angle_deg(result.rig_from_world, TRUTH), 0.1)
        self.assertLess(result.errors.rotation_deg, 0.1)
        self.assertLess(result.errors.translation_percent, 0.1)
        np.testing.assert_allclose(result.cam_from_world, [result.rig_from_world,
                                                           RIG @ result.rig_from_world], atol=1e-12)
        self.assertLess(result.final_cost, result.initial_cost)
        self.assertFalse(result.searched)
        self.assertEqual(set(result.seconds), {"load", "prepare", "solve", "assess", "total"})

    def test_pose_by_search(self):
        result = ca.align(MESH, MASKS, CAMERAS)
        self.assertTrue(result.searched)
        self.assertLess(testing.angle_deg(result.rig_from_world, TRUTH), 0.1)

    def test_R_and_T_are_pytorch3ds(self):
        result = ca.align(MESH, MASKS, CAMERAS, START)
        flip = np.diag([-1, -1, 1])
        first = result.cam_from_world[0]
        np.testing.assert_allclose(result.R, first[:3, :3].T @ flip, atol=0)
        np.testing.assert_allclose(result.T, flip @ first[:3, 3], atol=0)

    def test_covariance_is_of_rotation_then_translation(self):
        result = ca.align(MESH, MASKS, CAMERAS, START)
        self.assertEqual(result.covariance.shape, (6, 6))
        sigmas = np.sqrt(np.diag(result.covariance))
        sigmas[:3] = np.degrees(sigmas[:3])
        np.testing.assert_allclose(result.sigmas, sigmas)
        self.assertIsNone(ca.align(MESH, MASKS, CAMERAS, START, covariance=False).covariance)

    def test_refines_the_focal_length(self):
        wrong = [ca.Camera(157, 157, 80, 64, 160, 128, cam_from_rig=c.cam_from_rig)
                 for c in CAMERAS]
        result = ca.align(MESH, MASKS, wrong, START, refine=["focal=10"])
        focal, = [fit for fit in result.unknowns if fit.name == "focal length"]
        self.assertAlmostEqual(focal.value, 150, delta=1.5)
        self.assertEqual(result.cameras[0].fx, focal.value)

    def test_a_prior_that_is_broken_is_told(self):
        result = ca.align(MESH, MASKS, CAMERAS, START, trust_deg=2, search_if_poor=False)
        self.assertFalse(result.usable)
        self.assertIn("prior", [check.name for check in result.checks if not check.ok])


class Takes(unittest.TestCase):
    def test_masks_of_every_dtype(self):
        hard = [mask >= 0.5 for mask in MASKS]
        expected = bits(ca.align(MESH, hard, CAMERAS, START))
        for dtype, full in ((np.uint8, 1), (np.uint8, 255), (np.uint16, 65535), (np.uint16, 1),
                            (np.int64, 1), (np.float32, 1), (np.float64, 1), (np.float16, 1),
                            (">u2", 65535), (">f4", 1)):
            masks = [mask.astype(dtype) * np.array(full, dtype) for mask in hard]
            masks = [mask.astype(dtype) for mask in masks]
            self.assertEqual(bits(ca.align(MESH, masks, CAMERAS, START)), expected, dtype)

    def test_bytes_and_words_are_as_in_png_files(self):
        of_bytes = [np.round(255 * mask).astype(np.uint8) for mask in MASKS]
        expected = bits(ca.align(MESH, of_bytes, CAMERAS, START))
        as_floats = [mask * (np.float32(1) / np.float32(255)) for mask in of_bytes]
        self.assertEqual(bits(ca.align(MESH, as_floats, CAMERAS, START)), expected)
        as_words = [mask.astype(np.uint16) * np.uint16(257) for mask in of_bytes]
        by_words = ca.align(MESH, as_words, CAMERAS, START)
        self.assertLess(testing.angle_deg(by_words.rig_from_world, TRUTH), 0.1)
        with tempfile.TemporaryDirectory() as folder:
            paths = [os.path.join(folder, f"{i}.png") for i in range(2)]
            for path, mask in zip(paths, of_bytes):
                ca.save_mask(path, mask)
            self.assertEqual(bits(ca.align(MESH, paths, CAMERAS, START)), expected)

    def test_any_strides(self):
        expected = bits(ca.align(MESH, MASKS, CAMERAS, START))
        flipped = [np.flipud(mask).copy()[::-1] for mask in MASKS]
        fortran = [np.asfortranarray(mask) for mask in MASKS]
        every_second = [np.repeat(mask, 2, 1)[:, ::2] for mask in MASKS]
        for masks in (flipped, fortran, every_second, np.stack(MASKS), tuple(MASKS)):
            self.assertEqual(bits(ca.align(MESH, masks, CAMERAS, START)), expected)

    def test_what_becomes_of_the_values(self):
        """The library's own masks, as a scene has them, by every way they are read."""
        random = np.random.default_rng(3)
        soft = random.random((128, 160))
        soft[0, 0], soft[-1, -1] = 0, 1
        binary = soft > 0.6
        words = np.round(65535 * soft).astype(np.uint16)
        given = [(binary, binary), (binary.astype(np.int8), binary), (3.0 * binary / 3, binary),
                 (binary.astype(">i4"), binary), (binary.astype(np.uint64), binary),
                 (255 * binary.astype(np.uint8), binary), (np.uint8(7) * binary, binary),
                 (np.round(255 * soft).astype(np.uint8),
                  np.round(255 * soft).astype(np.float32) * (np.float32(1) / np.float32(255))),
                 (words, words.astype(np.float32) * (np.float32(1) / np.float32(65535))),
                 (soft, soft), (soft.astype(np.float32), soft), (soft.astype(">f8"), soft),
                 (soft.astype(np.float16), soft.astype(np.float16)), (soft / 2, soft / 2)]
        for values, expected in given:
            for way in (lambda a: a, np.asfortranarray, lambda a: np.repeat(a, 2, 1)[:, ::2],
                        lambda a: a[::-1, ::-1].copy()[::-1, ::-1], misaligned):
                scene = ca._align.make_scene(MESH, [way(values)], CAMERA)
                np.testing.assert_array_equal(scene.masks[0], np.asarray(expected, np.float32),
                                              str(values.dtype))

    def test_memory_of_earlier_masks_is_no_part_of_later_ones(self):
        def bits_at(size):
            camera = ca.Camera(150 * size, 150 * size, 80 * size, 64 * size, 160 * size, 128 * size)
            return bits(ca.align(MESH, [np.kron(MASKS[0] > 0.5, np.ones((size, size), bool))],
                                 camera, START))
        first = {size: bits_at(size) for size in (2, 3)}
        for size in (3, 2, 2, 3):
            ca.align(MESH, [np.ones((256, 320), bool)], ca.Camera(300, 300, 160, 128, 320, 256),
                     START, max_iterations=1)
            self.assertEqual(bits_at(size), first[size])

    def test_masks_are_not_written_to(self):
        masks = [mask.copy() for mask in MASKS]
        for mask in masks:
            mask.setflags(write=False)
        ca.align(MESH, masks, CAMERAS, START)
        np.testing.assert_array_equal(masks, MASKS)

    def test_meshes_of_every_kind(self):
        vertices, faces = ARRAYS
        expected = bits(ca.align(MESH, MASKS, CAMERAS, START))
        for mesh in ((vertices, faces), (vertices.tolist(), faces.tolist()),
                     (np.asfortranarray(vertices), faces.astype(np.uint16)),
                     [vertices, faces.astype(np.int32)[:]], MESH, [MESH, MESH]):
            self.assertEqual(bits(ca.align(mesh, MASKS, CAMERAS, START)), expected)

    def test_cameras_of_every_kind(self):
        expected = bits(ca.align(MESH, MASKS, CAMERAS, START))
        rig = [np.eye(4), RIG]
        K = CAMERA.K
        for cameras in ([CAMERA, CAMERA], CAMERA, K, [K, K], np.stack([K, K])):
            self.assertEqual(bits(ca.align(MESH, MASKS, cameras, START, rig=rig)), expected)
        one = bits(ca.align(MESH, MASKS[:1], CAMERA, START))
        self.assertEqual(bits(ca.align(MESH, MASKS[0], K.tolist(), START)), one)
        self.assertEqual(bits(ca.align(MESH, MASKS[0], CAMERA, START[:3])), one)

    def test_a_result_as_the_next_start(self):
        first = ca.align(MESH, MASKS, CAMERAS, START)
        second = ca.align(MESH, MASKS, CAMERAS, first)
        self.assertLess(testing.angle_deg(second.rig_from_world, first.rig_from_world), 0.01)

    def test_weights_leave_pixels_out(self):
        spoiled = [mask.copy() for mask in MASKS]
        spoiled[0][:40] = 1
        weight = np.ones(spoiled[0].shape, bool)
        weight[:40] = False
        result = ca.align(MESH, spoiled, CAMERAS, START, weights=[weight, None])
        self.assertLess(testing.angle_deg(result.rig_from_world, TRUTH), 0.1)

    def test_a_turntables_motion(self):
        turn = testing.pose([0, 1.0, 0], [0, 0, 0])
        masks = [MASKS[0], testing.sampled_mask(ARRAYS, TRUTH @ turn, CAMERA)]
        result = ca.align(MESH, masks, CAMERA, START, world_from_object=[None, turn])
        self.assertLess(testing.angle_deg(result.rig_from_world, TRUTH), 0.1)


def misaligned(array):
    """The same values where no value of several bytes may lie."""
    memory = np.zeros(array.nbytes + 1, np.uint8)
    moved = memory[1:].view(array.dtype).reshape(array.shape)
    moved[...] = array
    return moved


class AgreesWithTheProgram(unittest.TestCase):
    def test_same_json_as_result_json(self):
        program = pathlib.Path(TOOLS) / "ceres_align"
        if not TOOLS or not program.is_file():
            self.skipTest("the program ceres_align is not built")
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            ca.save_mesh(folder / "m.obj", MESH)
            views = []
            for i, (mask, camera) in enumerate(zip(MASKS, CAMERAS)):
                ca.save_mask(folder / f"{i}.png", mask)
                rig = camera.cam_from_rig
                views.append({"name": f"v{i}", "mask": f"{i}.png", "width": 160, "height": 128,
                              "K": camera.K.tolist(),
                              "cam_from_rig": {"R": rig[:3, :3].tolist(), "t": rig[:3, 3].tolist()}})
            initial = {"R": START[:3, :3].tolist(), "t": START[:3, 3].tolist()}
            scene = {"mesh": "m.obj", "views": views, "initial": {"rig_from_world": initial}}
            (folder / "s.json").write_text(json.dumps(scene))
            run = subprocess.run([program, "--scene", folder / "s.json", "--out_dir", folder,
                                  "--outputs", "json", "--backend", "cpu"], capture_output=True)
            self.assertEqual(run.returncode, 0, run.stdout)
            theirs = json.loads((folder / "result.json").read_text())
            ours = json.loads(ca.align_scene(folder / "s.json", backend="cpu").to_json())
        for one in (theirs, ours):
            del one["seconds"]
        self.assertEqual(ours, theirs)


class Ends(unittest.TestCase):
    def test_progress_is_told_and_may_stop(self):
        steps = []
        ca.align(MESH, MASKS, CAMERAS, START, progress=steps.append)
        self.assertGreater(len(steps), 3)
        self.assertEqual(steps[0].rig_from_world.shape, (4, 4))
        result = ca.align(MESH, MASKS, CAMERAS, START, progress=lambda step: False)
        self.assertEqual(result.status, "stopped")
        self.assertFalse(result.usable)

    def test_what_progress_raises_comes_out(self):
        class Mine(Exception):
            pass

        def raise_it(step):
            raise Mine("here")
        with self.assertRaisesRegex(Mine, "here"):
            ca.align(MESH, MASKS, CAMERAS, START, progress=raise_it)
        self.assertTrue(ca.align(MESH, MASKS, CAMERAS, START).usable)

    def test_ctrl_c_ends_a_search_that_would_take_hours(self):
        """The timer's thread needs the GIL, and the signal's handler does."""
        endless = {"search_candidates": 2000000, "search_refined": 2000000,
                   "search_directions": 3000, "search_again": True}
        timer = threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT))
        timer.start()
        try:
            with self.assertRaises(KeyboardInterrupt):
                ca.align(MESH, MASKS, CAMERAS, options=endless)
        finally:
            timer.cancel()
        self.assertTrue(ca.align(MESH, MASKS, CAMERAS, START).usable)

    def test_threads_share_a_mesh_and_get_the_same_bits(self):
        expected = bits(ca.align(MESH, MASKS, CAMERAS, START))
        shared, got = ca.PreparedMesh(ARRAYS), []

        def work():
            got.append(bits(ca.align(shared, MASKS, CAMERAS, START)))
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(got, 4 * [expected])

    def test_any_number_of_threads_gives_the_same_bits(self):
        self.assertEqual(*(bits(ca.align(MESH, MASKS, CAMERAS, START, num_threads=n))
                           for n in (1, 3)))

    def test_memory_does_not_grow(self):
        def resident_kb():
            gc.collect()
            with open("/proc/self/statm") as file:
                return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
        scene = (ARRAYS, [MASKS[0][::2, ::2]],
                 ca.Camera(75, 75, 40, 32, 80, 64), START)
        for _ in range(20):
            ca.align(*scene, num_threads=1)
        before = resident_kb()
        for _ in range(100):
            ca.align(*scene, num_threads=1)
            with self.assertRaises(ca.InputError):
                ca.align(*scene[:2], ca.Camera(75, 75, 40, 32, 80, 65))
        # One kept mask, mesh or result each time would be 20 kB or more.
        self.assertLess(resident_kb() - before, 1000)

    def test_results_are_pickled(self):
        result = ca.align(MESH, MASKS, CAMERAS, START)
        again = pickle.loads(pickle.dumps(result))
        self.assertEqual(again.to_json(), result.to_json())
        self.assertEqual(again.report(), result.report())
        np.testing.assert_array_equal(again.cam_from_world, result.cam_from_world)


if __name__ == "__main__":
    unittest.main()
