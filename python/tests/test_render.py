"""Drawing from Python: coverage, its derivatives, maps."""

import unittest

import numpy as np
import testing
from testing import CAMERA, TRUTH

import ceres_align as ca

LENS = ca.Camera(150, 140, 83, 60, 160, 128, distortion=[-0.2, 0.05, 1e-3, -1e-3])


def setUpModule():
    global ARRAYS, MESH, DRAW
    ARRAYS = testing.boxes_mesh()
    MESH = ca.PreparedMesh(ARRAYS)
    DRAW = ca.Rasterizer()


def central_differences(plus, step):
    """(H, W, 6) of the coverage by the six numbers of a tangent that `plus` applies."""
    columns = []
    for k in range(6):
        d = np.zeros(6)
        d[k] = step
        columns.append((DRAW.coverage(MESH, plus(d), CAMERA)
                        - DRAW.coverage(MESH, plus(-d), CAMERA)) / (2 * step))
    return np.stack(columns, -1)


def relative_difference(a, b):
    return np.linalg.norm(a - b) / np.linalg.norm(b)


class Coverage(unittest.TestCase):
    def test_is_what_a_point_sampler_sees(self):
        coverage = DRAW.coverage(MESH, TRUTH, CAMERA)
        self.assertEqual((coverage.shape, coverage.dtype), ((128, 160), np.float64))
        sampled = testing.sampled_mask(ARRAYS, TRUTH, CAMERA, samples=16)
        # A pixel's error by 16 x 16 points is below 0.1, and has no sign.
        self.assertLess(np.abs(coverage - sampled).max(), 0.1)
        self.assertLess(abs(coverage.sum() - sampled.sum()), 1e-3 * sampled.sum())

    def test_nothing_behind_the_camera(self):
        self.assertEqual(DRAW.coverage(MESH, testing.pose([0, 0, 0], [0, 0, -14]), CAMERA).sum(), 0)

    def test_through_a_lens_points_go_where_project_says(self):
        tiny = 0.03 * (ARRAYS[0] - ARRAYS[0].mean(0)), ARRAYS[1]
        for place in ([-2.0, 1.5, 6], [2.2, -2, 6]):
            mask = DRAW.coverage(tiny, testing.pose([0, 0, 0], place), LENS)
            rows, columns = np.mgrid[:128, :160] + 0.5
            seen = np.array([(mask * columns).sum(), (mask * rows).sum()]) / mask.sum()
            np.testing.assert_allclose(seen, LENS.project([place])[0], atol=1)
        self.assertTrue(np.isnan(LENS.project([[0, 0, -1.0]])).all())


class Jacobian(unittest.TestCase):
    STEP = 1e-4

    def test_is_the_derivative_by_moved(self):
        coverage, jacobian = DRAW.jacobian(MESH, TRUTH, CAMERA)
        np.testing.assert_array_equal(coverage, DRAW.coverage(MESH, TRUTH, CAMERA))
        differences = central_differences(lambda d: ca.moved(TRUTH, MESH, d), self.STEP)
        self.assertLess(relative_difference(differences, jacobian), 5e-3)

    def test_and_by_the_convention_in_words(self):
        center = TRUTH[:3, :3] @ MESH.center + TRUTH[:3, 3]

        def plus(d):
            made = np.eye(4)
            made[:3, :3] = testing.rotation(d[:3])
            made[:3, 3] = center + d[3:] - made[:3, :3] @ center
            return made @ TRUTH
        _, jacobian = DRAW.jacobian(MESH, TRUTH, CAMERA)
        self.assertLess(relative_difference(central_differences(plus, self.STEP), jacobian), 5e-3)
        np.testing.assert_allclose(plus(np.arange(6) / 10.0),
                                   ca.moved(TRUTH, MESH, np.arange(6) / 10.0), atol=1e-12)

    def test_other_conventions_are_not_it(self):
        _, jacobian = DRAW.jacobian(MESH, TRUTH, CAMERA)

        def about_the_camera(d):
            return testing.pose(d[:3], d[3:]) @ TRUTH

        def in_the_objects_axes(d):
            return TRUTH @ testing.pose(d[:3], d[3:])

        def shift_first(d):
            return ca.moved(TRUTH, MESH, np.roll(d, 3))

        def inverse(d):
            return ca.moved(TRUTH, MESH, -d)
        for wrong in (about_the_camera, in_the_objects_axes, shift_first, inverse):
            differences = central_differences(wrong, self.STEP)
            self.assertGreater(relative_difference(differences, jacobian), 0.3, wrong.__name__)

    def test_outline_has_all_rows_that_are_not_zero(self):
        coverage, jacobian = DRAW.jacobian(MESH, TRUTH, CAMERA)
        rows, columns, values, sparse = DRAW.outline(MESH, TRUTH, CAMERA)
        dense = np.zeros_like(jacobian)
        dense[rows, columns] = sparse
        np.testing.assert_allclose(dense, jacobian, atol=1e-9)
        np.testing.assert_allclose(values, coverage[rows, columns], atol=1e-12)
        self.assertLess(len(rows), coverage.size / 10)

    def test_a_window_compares_the_middle_of_the_pixel(self):
        rows, columns, values, _ = DRAW.outline(MESH, TRUTH, CAMERA, window=9)
        self.assertLess(len(rows), len(DRAW.outline(MESH, TRUTH, CAMERA).rows))
        self.assertTrue(((values >= 0) & (values <= 1)).all())


class MapsOfASquare(unittest.TestCase):
    """A square of 2 x 2 at the depth 4, seen straight on."""

    def setUp(self):
        square = (np.array([[-1, -1, 4], [1, -1, 4], [1, 1, 4], [-1, 1, 4.0]]),
                  np.array([[0, 2, 1], [0, 3, 2]]))
        self.maps = ca.render(square, np.eye(4), CAMERA, ca.Maps._fields)
        # The square spans 80 -+ 37.5 and 64 -+ 37.5 px.
        self.inside = np.zeros((128, 160), bool)
        self.inside[27:101, 43:117] = True

    def test_depth_and_position(self):
        maps = self.maps
        np.testing.assert_allclose(maps.depth[self.inside], 4, rtol=1e-6)
        self.assertEqual(maps.depth[10, 10], 0)
        rows, columns = np.nonzero(self.inside)
        x, y = (columns + 0.5 - 80) / 150 * 4, (rows + 0.5 - 64) / 150 * 4
        np.testing.assert_allclose(maps.position[self.inside],
                                   np.stack([x, y, 4 + 0 * x], -1), atol=1e-5)

    def test_normal_face_and_mask(self):
        maps = self.maps
        np.testing.assert_allclose(maps.normal[self.inside], [[0, 0, -1]] * self.inside.sum(),
                                   atol=1e-6)
        self.assertEqual(set(np.unique(maps.face)), {-1, 0, 1})
        np.testing.assert_allclose(maps.mask[self.inside], 1)
        self.assertAlmostEqual(float(maps.mask[26, 80]), 0.5, places=5)
        self.assertEqual([m.dtype for m in maps],
                         [np.float32, np.float32, np.int32, np.float32, np.float32])

    def test_only_what_is_asked_for(self):
        maps = ca.render(MESH, TRUTH, CAMERA, "depth")
        self.assertIsNone(maps.mask)
        self.assertIsNone(maps.normal)
        self.assertEqual(maps.depth.shape, (128, 160))


class Memory(unittest.TestCase):
    def test_arrays_outlive_their_makers(self):
        vertices = ca.PreparedMesh(ARRAYS).vertices
        coverage = ca.Rasterizer().coverage(MESH, TRUTH, CAMERA)
        np.testing.assert_array_equal(vertices, ARRAYS[0])
        self.assertGreater(coverage.sum(), 100)
        coverage[0, 0] = 5  # the caller's own
        with self.assertRaises(ValueError):
            vertices[0, 0] = 1


if __name__ == "__main__":
    unittest.main()
