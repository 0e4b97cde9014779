"""hand_eye: a robot of boxes in several states, with kinematics and a renderer of its own."""

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
from testing import pose

import ceres_align as ca

TOOLS = os.environ.get("CERES_ALIGN_TOOLS_DIR", "")
CAMERA = ca.Camera(fx=260, fy=260, cx=131, cy=94, width=256, height=192)
SECOND_FROM_FIRST = pose([0.02, -0.4, 0.05], [0.9, 0, 0.15])
# Of the base, three links and the flange: the box's middle in the link's frame, its sides, and
# parent_from_joint. The first two joints turn about z and y, the third slides along x.
LINKS = [("base", [0, 0, 0.05], [0.5, 0.34, 0.1], None),
         ("shoulder", [0, 0.06, 0.2], [0.16, 0.24, 0.4], pose([0, 0, 0], [0.05, 0, 0.1])),
         ("arm", [0.25, 0, 0], [0.6, 0.12, 0.2], pose([0, 0, 0.3], [0, 0, 0.42])),
         ("slide", [0.15, 0, 0], [0.3, 0.2, 0.08], pose([0.2, 0, 0], [0.45, 0, 0.02])),
         ("flange", [0, 0, 0.04], [0.05, 0.16, 0.08], pose([0, 0.3, 0], [0.32, 0, 0]))]
JOINTS = [("pan", "revolute", [0, 0, 1]), ("lift", "revolute", [0, 1, 0]),
          ("reach", "prismatic", [1, 0, 0]), ("weld", "fixed", [0, 0, 1])]
STATES = np.array([[0.3, -0.5, 0.02], [-0.9, 0.2, 0.1], [1.2, -0.9, 0.05], [-0.2, -0.1, 0.0]])
BASE_FROM_CAM = np.linalg.inv(pose([1.9, 0.15, -0.1], [-0.1, 0.35, 2.1]))
FLANGE_FROM_CAM = pose([0.2, 0.1, -0.3], [0.05, 0.02, 0.1]) @ pose([0, np.pi / 2, 0], [0, 0, 0])


def urdf():
    text = '<robot name="boxes">\n'
    for name, middle, sides, _ in LINKS:
        text += (f'<link name="{name}"><visual><origin xyz="{" ".join(map(str, middle))}"/><geometry>'
                 f'<box size="{" ".join(map(str, sides))}"/></geometry></visual></link>\n')
    for i, (name, kind, axis) in enumerate(JOINTS):
        parent_from_joint = LINKS[i + 1][3]
        R = parent_from_joint[:3, :3]
        rpy = [np.arctan2(R[2, 1], R[2, 2]), -np.arcsin(R[2, 0]), np.arctan2(R[1, 0], R[0, 0])]
        text += (f'<joint name="{name}" type="{kind}"><parent link="{LINKS[i][0]}"/>'
                 f'<child link="{LINKS[i + 1][0]}"/>'
                 f'<origin xyz="{" ".join(map(repr, parent_from_joint[:3, 3].tolist()))}"'
                 f' rpy="{" ".join(map(repr, map(float, rpy)))}"/>'
                 f'<axis xyz="{" ".join(map(str, axis))}"/>'
                 '<limit lower="-2" upper="2" effort="1" velocity="1"/></joint>\n')
    return text + "</robot>\n"


def link_poses(q):
    poses = [np.eye(4)]
    for i, (_, kind, axis) in enumerate(JOINTS):
        p = 0 if kind == "fixed" else q[i]
        turn = kind == "revolute"
        motion = pose(p * np.array(axis, float) if turn else [0, 0, 0],
                      [0, 0, 0] if turn else p * np.array(axis, float))
        poses.append(poses[-1] @ LINKS[i + 1][3] @ motion)
    return poses


def posed_boxes(q):
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float) - 0.5
    faces = testing.boxes_mesh()[1][:12]
    vertices = [(corners * sides + middle) @ base_from_link[:3, :3].T + base_from_link[:3, 3]
                for (_, middle, sides, _), base_from_link in zip(LINKS, link_poses(q))]
    return np.concatenate(vertices), np.concatenate([faces + 8 * i for i in range(len(LINKS))])


def robot_masks(states, cam_from_base):
    return [testing.sampled_mask(posed_boxes(q), cam_from_base, CAMERA, 1) > 0 for q in states]


def setUpModule():
    global KEPT, FOLDER, URDF, ROBOT, MASKS
    KEPT = tempfile.TemporaryDirectory()
    FOLDER = pathlib.Path(KEPT.name)
    URDF = FOLDER / "boxes.urdf"
    URDF.write_text(urdf())
    (FOLDER / "broken.urdf").write_text("<robot>")
    (FOLDER / "broken.csv").write_text("pan,lift,reach\n0,0,a\n")
    ROBOT = ca.Robot(URDF)
    MASKS = robot_masks(STATES, np.linalg.inv(BASE_FROM_CAM))


def tearDownModule():
    KEPT.cleanup()


def solve(start=BASE_FROM_CAM, states=STATES, masks=None, **settings):
    return ca.hand_eye(ROBOT, states, MASKS if masks is None else masks, CAMERA, start, **settings)


class Finds(unittest.TestCase):
    def expect_near(self, result, truth, degrees=0.1, metres=0.004):
        self.assertLess(testing.angle_deg(result.mount_from_cam, truth), degrees)
        self.assertLess(np.linalg.norm((result.mount_from_cam - truth)[:3, 3]), metres)

    def test_the_robot_is_that_of_the_file(self):
        self.assertEqual(ROBOT.name, "boxes")
        self.assertEqual(ROBOT.joints, ["pan", "lift", "reach"])
        self.assertEqual(ROBOT.links, [link[0] for link in LINKS])
        np.testing.assert_allclose(ROBOT.link_poses(STATES[0]), link_poses(STATES[0]), atol=1e-12)
        vertices, faces = ROBOT.mesh(STATES[0])
        self.assertEqual((faces.dtype, faces.shape[1]), (np.int32, 3))
        ours = posed_boxes(STATES[0])[0]
        np.testing.assert_allclose([vertices.min(0), vertices.max(0)], [ours.min(0), ours.max(0)],
                                   atol=1e-12)

    def test_eye_to_hand_without_a_start(self):
        result = solve(None)
        self.assertTrue(result.searched)
        self.assertTrue(result.usable, result.report())
        self.expect_near(result, BASE_FROM_CAM)
        np.testing.assert_allclose(np.linalg.inv(result.rig_from_world), result.mount_from_cam,
                                   atol=1e-12)
        self.assertEqual(result.mount, "base")
        # The errors are no worse than 5 of the answer's own sigmas.
        sigmas = np.sqrt(np.diag(result.mount_covariance))
        moved = result.mount_from_cam @ np.linalg.inv(BASE_FROM_CAM)
        turn = [moved[2, 1] - moved[1, 2], moved[0, 2] - moved[2, 0], moved[1, 0] - moved[0, 1]]
        off = np.append(np.array(turn) / 2, (result.mount_from_cam - BASE_FROM_CAM)[:3, 3])
        self.assertLess(np.abs(off / sigmas).max(), 5)
        self.assertEqual([one.joint for one in result.joint_offsets], ROBOT.joints)
        self.assertEqual([one.turns for one in result.joint_offsets], [True, True, False])
        self.assertIn("base_from_camera", result.report())
        self.assertIn("joints", [check.name for check in result.checks])
        # The answer as the start of the next one.
        again = solve(result, check_joints=False)
        self.assertFalse(again.searched)
        self.assertIsNone(again.joint_offsets)
        self.expect_near(again, result.mount_from_cam, 1e-3, 1e-4)

    def test_eye_in_hand(self):
        base_from_object = pose([0.1, -0.2, 0.4], [1.7, 0.2, 0.3])
        vertices, faces = testing.boxes_mesh()
        mesh = (0.06 * vertices, faces)
        states = np.array([[0.0, -0.1, 0.02], [0.15, -0.05, 0.1], [-0.12, 0.0, 0.05]])
        masks = []
        for q in states:
            cam_from_object = (np.linalg.inv(link_poses(q)[4] @ FLANGE_FROM_CAM)
                               @ base_from_object)
            masks.append(testing.sampled_mask(mesh, cam_from_object, CAMERA, 1) > 0)
            self.assertGreater(masks[-1].sum(), 500)
        hand = dict(eye_in_hand=True, flange="flange", base_from_object=base_from_object)
        result = solve(None, states, masks, object=mesh, **hand)
        self.assertTrue(result.right, result.report())
        self.assertEqual(result.mount, "flange")
        self.expect_near(result, FLANGE_FROM_CAM)
        # Of files the same.
        ca.save_mesh(FOLDER / "object.ply", mesh)
        ca.write_matrix(FOLDER / "object.csv", base_from_object)
        ca.write_matrix(FOLDER / "start.npy", result.mount_from_cam)
        from_there = solve(result, states, masks, object=mesh, **hand)
        hand["base_from_object"] = FOLDER / "object.csv"
        by_files = solve(FOLDER / "start.npy", states, masks, object=FOLDER / "object.ply", **hand)
        self.expect_near(by_files, from_there.mount_from_cam, 1e-3, 1e-5)

    def test_two_cameras(self):
        second = robot_masks(STATES, SECOND_FROM_FIRST @ np.linalg.inv(BASE_FROM_CAM))
        result = solve(stereo_masks=second, stereo_camera=CAMERA.K,
                       stereo_cam_from_cam=SECOND_FROM_FIRST)
        self.assertTrue(result.right, result.report())
        self.assertEqual(len(result.views), 2 * len(STATES))
        self.expect_near(result, BASE_FROM_CAM, 0.05, 0.002)

    def test_a_joint_that_stands_off_is_named_and_taken_in(self):
        off = STATES + [0, np.radians(2), 0]
        masks = robot_masks(off, np.linalg.inv(BASE_FROM_CAM))
        named = solve(masks=masks)
        self.assertFalse(named.usable)
        self.assertEqual([one.joint for one in named.joint_offsets if one.suspicious], ["lift"])
        self.assertAlmostEqual(np.degrees(named.joint_offsets[1].offset), 2, delta=0.2)
        self.assertFalse(named.offsets_taken)
        taken = solve(masks=masks, joint_offsets=True)
        self.assertTrue(taken.offsets_taken)
        self.assertTrue(taken.right, taken.report())
        self.expect_near(taken, BASE_FROM_CAM, 0.5, 0.01)

    def test_states_and_masks_of_every_kind(self):
        expected = solve(check_joints=False).mount_from_cam.tobytes()
        named = {name: STATES[:, i] for i, name in enumerate(ROBOT.joints)}
        ca.write_matrix(FOLDER / "q.npy", STATES)
        text = "time,reach,lift,pan\n" + "".join(
            f"{i},{q[2]!r},{q[1]!r},{q[0]!r}\n" for i, q in enumerate(STATES.tolist()))
        (FOLDER / "q.csv").write_text(text)
        for states in (STATES.tolist(), dict(named, gripper=[0]), FOLDER / "q.npy",
                       str(FOLDER / "q.csv"), np.asfortranarray(STATES)):
            again = solve(states=states, check_joints=False)
            self.assertEqual(again.mount_from_cam.tobytes(), expected)
        paths = []
        for i, mask in enumerate(MASKS):
            paths.append(FOLDER / f"kind{i}.png")
            ca.save_mask(paths[-1], mask)
        for masks in (np.stack(MASKS), [mask.astype(np.float32) for mask in MASKS], paths):
            again = solve(masks=masks, check_joints=False)
            self.assertEqual(again.mount_from_cam.tobytes(), expected)
        by_path = ca.hand_eye(URDF, STATES, MASKS, CAMERA.K, BASE_FROM_CAM, check_joints=False)
        self.assertEqual(by_path.mount_from_cam.tobytes(), expected)
        info = FOLDER / "info.yaml"
        info.write_text("width: 256\nheight: 192\ndistortion_model: plumb_bob\nd: [0, 0, 0, 0, 0]\n"
                        "k: [260, 0, 130.5, 0, 260, 93.5, 0, 0, 1]\n")
        by_file = ca.hand_eye(ROBOT, STATES, MASKS, info, BASE_FROM_CAM, check_joints=False)
        self.assertEqual(by_file.mount_from_cam.tobytes(), expected)

    def test_joints_beyond_their_limits_are_a_warning(self):
        states = np.degrees(STATES)
        result = solve(states=states, check_joints=False)
        self.assertRegex(result.warnings[0], 'joints: state 0: joint "pan" is at 17.*limits')
        self.assertFalse(result.usable)


class AgreesWithTheProgram(unittest.TestCase):
    def test_same_files(self):
        program = pathlib.Path(TOOLS) / "hand_eye"
        if not TOOLS or not program.is_file():
            self.skipTest("the program hand_eye is not built")
        paths = []
        for i, mask in enumerate(MASKS):
            paths.append(str(FOLDER / f"mask_{i}.png"))
            ca.save_mask(paths[-1], mask)
        ca.write_matrix(FOLDER / "K.csv", CAMERA.K)
        ca.write_matrix(FOLDER / "states.npy", STATES)
        out = FOLDER / "out"
        run = subprocess.run(
            [program, "--urdf", URDF, "--joints", FOLDER / "states.npy", "--masks",
             FOLDER / "mask_*.png", "--K", FOLDER / "K.csv", "--width", "256", "--height", "192",
             "--pixel_center", "0.5", "--outputs", "json", "--out_dir", out, "--backend", "cpu",
             "--joint_offsets"], capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stdout)
        ours = ca.hand_eye(URDF, FOLDER / "states.npy", paths, CAMERA, joint_offsets=True,
                           backend="cpu")
        self.assertEqual(ours.to_yaml(), (out / "hand_eye.yaml").read_text())
        json_of = [json.loads((out / "result.json").read_text()), json.loads(ours.to_json())]
        for one in json_of:
            del one["seconds"]
        self.assertEqual(*json_of)
        self.assertIn(ours.report().split("Checks:")[0], run.stdout)


class Ends(unittest.TestCase):
    def test_progress_threads_and_pickle(self):
        steps = []
        expected = solve(progress=steps.append, num_threads=1)
        self.assertIsInstance(steps[0], ca.Step)
        stopped = solve(progress=lambda step: False)
        self.assertEqual(stopped.status, "stopped")
        self.assertIsNone(stopped.joint_offsets)
        other = solve(num_threads=3)
        self.assertEqual(other.to_yaml(), expected.to_yaml())
        again = pickle.loads(pickle.dumps(other))
        self.assertEqual((again.to_yaml(), again.report(), again.to_json()),
                         (other.to_yaml(), other.report(), other.to_json()))

    def test_ctrl_c_ends_a_search_that_would_take_hours(self):
        endless = {"search_candidates": 2000000, "search_refined": 2000000,
                   "search_directions": 3000, "search_again": True}
        timer = threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT))
        timer.start()
        try:
            with self.assertRaises(KeyboardInterrupt):
                solve(None, options=endless)
        finally:
            timer.cancel()


def wrong_cases():
    hand = dict(eye_in_hand=True, flange="flange", object=testing.boxes_mesh(),
                base_from_object=np.eye(4))
    stereo = dict(stereo_masks=MASKS, stereo_camera=CAMERA, stereo_cam_from_cam=np.eye(4))
    spoiled = MASKS[0].astype(float)
    spoiled[3, 5] = np.nan
    wrong = STATES.copy()
    wrong[1, 2] = np.inf

    def call(robot=None, joints=STATES, masks=None, camera=CAMERA, **settings):
        return ca.hand_eye(ROBOT if robot is None else robot, joints,
                           MASKS if masks is None else masks, camera, **settings)
    return [
        (r"robot is a int", lambda: call(3)),
        (r"nowhere\.urdf", lambda: call("nowhere.urdf")),
        (r"broken\.urdf", lambda: call(FOLDER / "broken.urdf")),
        (r"robot is an int", lambda: ca.Robot(3)),
        (r"geometry is \"seen\"", lambda: ca.Robot(URDF, geometry="seen")),
        (r"collision", lambda: ca.Robot(URDF, geometry="collision")),
        (r"packages is a list", lambda: ca.Robot(URDF, packages=[])),
        (r"packages\['a'\] is an int", lambda: ca.Robot(URDF, packages={"a": 3})),
        (r"package_roots is a str", lambda: ca.Robot(URDF, package_roots="folder")),
        (r"no link \"elbow\"", lambda: ca.Robot(URDF, links=["elbow"])),
        (r"links is a str", lambda: ca.Robot(URDF, links="arm")),
        (r"links\[0\] is an int", lambda: ca.Robot(URDF, links=[1])),
        (r"joints has 2 positions; the robot has 3 movable joints: pan, lift, reach",
         lambda: ROBOT.link_poses([0, 0])),
        (r"joints.*nan", lambda: ROBOT.mesh([0, 0, np.nan])),
        (r"joints has the shape \(4, 2\).*3 movable joints: pan", lambda: call(joints=STATES[:, :2])),
        (r"joints.*\(4,\)", lambda: call(joints=STATES[:, 0])),
        (r"joints has the value inf at \[1, 2\]", lambda: call(joints=wrong)),
        (r"joints.*complex", lambda: call(joints=STATES.astype(complex))),
        (r"joints has no states", lambda: call(joints=STATES[:0])),
        (r"joints has no \"lift\"", lambda: call(joints={"pan": [0]})),
        (r"joints\[\"lift\"\] has 2 positions, that of \"pan\" has 1",
         lambda: call(joints={"pan": [0], "lift": [0, 1], "reach": [0]})),
        (r"nowhere\.csv", lambda: call(joints="nowhere.csv")),
        (r"broken\.csv.*line 2", lambda: call(joints=FOLDER / "broken.csv")),
        (r"masks is None", lambda: ca.hand_eye(ROBOT, STATES, None, CAMERA)),
        (r"masks has 3 entries, joints has 4 states", lambda: call(masks=MASKS[:3])),
        (r"masks\[0\].*\(191, 256\)", lambda: call(masks=[mask[1:] for mask in MASKS])),
        (r"masks\[0\].*nan at row 3, column 5", lambda: call(masks=[spoiled] + MASKS[1:])),
        (r"masks\[2\] is None", lambda: call(masks=MASKS[:2] + [None] + MASKS[3:])),
        (r"nowhere\.png", lambda: call(masks=["nowhere.png"] * 4)),
        (r"camera is a NoneType", lambda: call(camera=None)),
        (r"camera: Camera: K.*\(2, 2\)", lambda: call(camera=np.eye(2))),
        (r"nowhere\.yaml", lambda: call(camera="nowhere.yaml")),
        (r"eye_in_hand is a int", lambda: call(eye_in_hand=1)),
        (r"eye_in_hand is given without flange", lambda: call(eye_in_hand=True)),
        (r"flange is given without eye_in_hand", lambda: call(flange="flange")),
        (r"no link \"tool\"", lambda: call(**dict(hand, flange="tool"))),
        (r"flange is an int", lambda: call(**dict(hand, flange=3))),
        (r"object is an int", lambda: call(**dict(hand, object=3))),
        (r"nowhere\.ply", lambda: call(**dict(hand, object="nowhere.ply"))),
        (r"base_from_object.*\(3, 3\)", lambda: call(**dict(hand, base_from_object=np.eye(3)))),
        (r"eye_in_hand.*links", lambda: call(ca.Robot(URDF, links=["arm"]), **hand)),
        (r"stereo_camera is missing", lambda: call(**dict(stereo, stereo_camera=None))),
        (r"stereo_masks has 3 entries", lambda: call(**dict(stereo, stereo_masks=MASKS[:3]))),
        (r"stereo_masks is empty", lambda: call(**dict(stereo, stereo_masks=[]))),
        (r"stereo_cam_from_cam.*nan",
         lambda: call(**dict(stereo, stereo_cam_from_cam=np.full((4, 4), np.nan)))),
        (r"start.*\(3, 3\)", lambda: call(start=np.eye(3))),
        (r"nowhere\.npy", lambda: call(start="nowhere.npy")),
        (r"check_joints is an int", lambda: call(check_joints=1)),
        (r"joint_offsets is None", lambda: call(joint_offsets=None)),
        (r"mask_threshold", lambda: call(mask_threshold=0)),
        (r"options.*speed", lambda: call(options={"speed": 1})),
        (r"progress is a int", lambda: call(progress=1)),
        (r"backend.*tpu", lambda: call(backend="tpu")),
    ]


class WrongInput(unittest.TestCase):
    def test_each_names_what_is_wrong(self):
        for pattern, call in wrong_cases():
            with self.subTest(pattern):
                with self.assertRaisesRegex(ca.InputError, "(?i)" + pattern) as caught:
                    call()
                self.assertNotIn("\n", str(caught.exception))


if __name__ == "__main__":
    unittest.main()
