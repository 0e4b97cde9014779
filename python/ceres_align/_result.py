"""What an alignment returns."""

from typing import NamedTuple


class Check(NamedTuple):
    """One of the tests that a usable result passes."""

    name: str
    ok: bool
    message: str


class Accuracy(NamedTuple):
    """Bounds that hold with 90 % probability, of the object's rotation and of its centre."""

    rotation_deg: float
    translation: float
    translation_percent: float


class Errors(NamedTuple):
    """Against the truth, at the object's centre."""

    rotation_deg: float
    translation: float
    translation_percent: float


class ViewResult(NamedTuple):
    """How one camera's mask is met."""

    name: str
    cam_from_world: object
    camera_center: object
    iou: float
    contour_rms_px: float
    mask_empty: bool
    mask_touches_frame: bool
    object_in_frame: bool
    mask_area_px: float
    object_area_px: float


class Alternative(NamedTuple):
    """Another pose that the masks allow."""

    rig_from_world: object
    cost_ratio: float
    view_iou: object
    kind: str
    fits: bool
    relation: str


class UnknownFit(NamedTuple):
    """One number that was solved for beside the pose (refine)."""

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
    """What `progress` is told: a step, or (candidates > 0) that a stage of a search has ended."""

    level: int
    num_levels: int
    width: int
    height: int
    iteration: int
    cost: float
    step_px: float
    accepted: bool
    rig_from_world: object
    candidates: int
    thorough: bool


_TUPLES = {"checks": Check, "views": ViewResult, "alternatives": Alternative,
           "unknowns": UnknownFit}


class Result:
    """A pose with its judgement.

    R (3, 3), T (3,): camera 1's pose as the program prints it first, PyTorch3D's:
        ``X_cam = X_world @ R + T``, +x left, +y up, +z into the scene.
    cam_from_world (n, 4, 4): every camera's pose; rig_from_world (4, 4). OpenCV's axes.
    covariance (6, 6) or None: of [rotation vector (rad) about the object's centre, translation of
        that centre (mesh units)], in the axes of the rig's frame. None where the masks do not
        determine the pose, or with covariance=False.
    sigmas (6,) or None: the roots of its diagonal, the first three in degrees.
    accuracy: Accuracy or None.
    usable: the right pose, and as exact as required. right: the right pose. checks: list of Check,
        all that were made. verdict: the same in words. ambiguous, ambiguity: another pose fits as
        well, and why. alternatives: list of Alternative, best first.
    status: "converged", "not_converged", "no_overlap", "stopped" (progress returned False) or
        "failed"; termination says which test ended the run.
    initial_cost, final_cost: half the sum of squared differences of coverage, px. iterations;
        evaluations (poses at which all views were drawn). searched, restarted, sharpened.
    views: list of ViewResult. cameras: list of Camera, as they were found with `refine`, whose
        numbers are in unknowns (list of UnknownFit).
    object_center (3,): in the world; covariance, accuracy and errors are of the motion there.
    seconds: dict of load, prepare, solve, assess, total. warnings: of meshes and masks, one line
        each. errors: Errors where the truth was given, else None. backend: "cpu" or "cuda".
    """

    def __init__(self, outcome):
        fields = outcome.fields()
        for name, make in _TUPLES.items():
            fields[name] = [make(*item) for item in fields[name]]
        for name, make in (("accuracy", Accuracy), ("errors", Errors)):
            if fields[name] is not None:
                fields[name] = make(*fields[name])
        self.__dict__.update(fields)
        self._outcome = outcome

    def to_json(self):
        """The text of result.json, as the program writes it."""
        return self._json if self._outcome is None else self._outcome.json()

    def report(self):
        """The program's report on the console, several lines."""
        return self._report if self._outcome is None else self._outcome.report()

    def __getstate__(self):
        return dict(self.__dict__, _json=self.to_json(), _report=self.report(), _outcome=None)

    def __repr__(self):
        verdict = "usable" if self.usable else "right" if self.right else "not usable"
        failed = ", ".join(check.name for check in self.checks if not check.ok)
        views = f"{len(self.views)} view" + ("s" if len(self.views) != 1 else "")
        return (f"<ceres_align.Result: {self.status}, {verdict}"
                + (f" (failed: {failed})" if failed else "") + f", {views}>")
