"""Sequences: turning, empty frames, jumps, what is wrong with the arguments."""

import json
import pathlib
import tempfile
import unittest

import numpy as np

import ceres_align as ca
from testing import CAMERA, RIG, TRUTH, angle_deg, boxes_mesh, pose, sampled_mask

MESH = boxes_mesh()


def truth_at(degrees):
    turned = TRUTH @ pose([0, np.radians(degrees), 0], [0, 0, 0])
    return turned


def mask_at(degrees, cam_from_rig=np.eye(4)):
    return sampled_mask(MESH, cam_from_rig @ truth_at(degrees), CAMERA)


class Sequences(unittest.TestCase):
    def test_follows_searches_and_says_what_it_did(self):
        tracker = ca.Tracker(MESH, [CAMERA])
        angles = [0, 4, 8, None, 16, 106, 110]
        expected = ["searched", "tracked", "tracked", "no mask", "tracked", "searched", "tracked"]
        for i, (angle, status) in enumerate(zip(angles, expected)):
            mask = np.zeros((CAMERA.height, CAMERA.width)) if angle is None else mask_at(angle)
            frame = tracker.next(mask)
            self.assertEqual((frame.frame, frame.status), (i, status))
            self.assertEqual(frame.has_pose, angle is not None)
            self.assertEqual(frame.usable is None, status != "searched")
            if angle is not None:
                self.assertLess(angle_deg(frame.rig_from_world, truth_at(angle)), 0.2)
                np.testing.assert_array_equal(frame.cam_from_world[0], frame.rig_from_world)
        self.assertAlmostEqual(frame.moved_deg, 4, delta=0.3)

    def test_two_cameras_from_a_start_with_every_frame_assessed(self):
        tracker = ca.Tracker(MESH, CAMERA, truth_at(-3), rig=[np.eye(4), RIG], assess=True)
        for angle in (0, 5, 10):
            frame = tracker.next([mask_at(angle), mask_at(angle, RIG)])
            self.assertEqual(frame.status, "tracked")
            self.assertTrue(frame.usable)
            self.assertLess(angle_deg(frame.rig_from_world, truth_at(angle)),
                            max(0.02, frame.accuracy.rotation_deg))
            np.testing.assert_allclose(frame.cam_from_world[1], RIG @ frame.rig_from_world)

    def test_a_coco_file_is_read_once_for_all_frames_and_cameras(self):
        results = []
        for frame, angle in enumerate((0, 5, 10)):
            for camera, rig in enumerate((np.eye(4), RIG)):
                mask = mask_at(angle, rig) > 0.5
                edges = np.flatnonzero(np.diff(mask.T.ravel().astype(int), prepend=0))
                runs = np.diff(np.concatenate([[0], edges, [mask.size]])).tolist()
                results.append({"image_id": 2 * frame + camera, "segmentation":
                                {"size": list(mask.shape), "counts": runs}})
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "r.json"
            path.write_text(json.dumps(results))
            tracker = ca.Tracker(MESH, [CAMERA.K, CAMERA], rig=[np.eye(4), RIG])
            for frame, angle in enumerate((0, 5, 10)):
                found = tracker.next([f"{path}:{2 * frame}", f"{path}:{2 * frame + 1}"])
                self.assertLess(angle_deg(found.rig_from_world, truth_at(angle)), 0.3)
                if frame == 0:
                    path.unlink()  # what is read again is not found
            self.assertEqual(tracker._cache.num_parsed, 1)
            with self.assertRaisesRegex(ca.InputError, "r.json"):
                ca.load_mask(f"{path}:0")

    def test_the_bits_of_the_program_do_not_depend_on_threads(self):
        poses = []
        for threads in (1, 2):
            tracker = ca.Tracker(MESH, [CAMERA], num_threads=threads)
            poses.append([tracker.next(mask_at(a)).rig_from_world for a in (0, 4, 8)])
        np.testing.assert_array_equal(poses[0], poses[1])

    def test_wrong_arguments_are_named(self):
        for what, make in {
            "mesh": lambda: ca.Tracker(["a.obj", "b.obj", "c.obj"], [CAMERA]),
            "nonsense is no setting": lambda: ca.Tracker(MESH, [CAMERA], nonsense=1),
            "backend": lambda: ca.Tracker(MESH, [CAMERA], backend="tpu").next(mask_at(0)),
            "assess": lambda: ca.Tracker(MESH, [CAMERA], assess="yes").next(mask_at(0)),
            "cameras": lambda: ca.Tracker(MESH, [CAMERA, CAMERA]).next(mask_at(0)),
            "masks[0]": lambda: ca.Tracker(MESH, [CAMERA]).next(np.zeros((3, 4))),
        }.items():
            with self.assertRaisesRegex(ca.InputError, what.replace("[", r"\[")):
                make()
        tracker = ca.Tracker(MESH, [CAMERA])
        self.assertEqual(tracker.next(mask_at(0)).frame, 0)
        for bad in (None, [], [mask_at(0), mask_at(0)], np.full((128, 160), np.nan)):
            with self.assertRaises(ca.InputError):
                tracker.next(bad)
        self.assertEqual(tracker.next(mask_at(4)).frame, 1)


if __name__ == "__main__":
    unittest.main()
