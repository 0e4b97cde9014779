"""Builds the wheel of a build, installs it without an index into a fresh environment, and aligns
with what was installed: test_wheel.py BUILD_DIR WORK_DIR."""

import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent

ALIGN = """
import sys
import numpy as np
import ceres_align as ca

assert ca.__file__.startswith(sys.argv[1]), ca.__file__
mesh = ca.PreparedMesh(sys.argv[2])
camera = ca.Camera.from_fov(60, 153, 128)
truth = np.array([[1, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, 125], [0, 0, 0, 1.0]])
mask = ca.Rasterizer("cpu").coverage(mesh, truth, camera)
start = ca.moved(truth, mesh, [0.2, 0.1, -0.1, 2, -2, 5])
result = ca.align(mesh, mask, camera, start, truth=truth, backend="cpu")
assert result.errors.rotation_deg < 0.1, result.report()
print("aligned by", ca.__file__, ca.__version__, result)
"""


def run(*command, **settings):
    print("+", *command, flush=True)
    subprocess.run([str(part) for part in command], check=True, **settings)


def main():
    build_dir, work = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        # NumPy is the system's; pip comes with the environment, from the system's wheels.
        run(sys.executable, "-m", "venv", "--system-site-packages", work / "venv")
    except subprocess.CalledProcessError:
        print("SKIPPED: this Python makes no environments (Debian: python3-venv)")
        return
    python = work / "venv" / "bin" / "python"
    run(sys.executable, HERE.parent / "build_wheel.py", "--build-dir", build_dir, "--out",
        work / "dist")
    wheel, = (work / "dist").glob("*.whl")
    run(python, "-m", "pip", "install", "--no-index", "--no-deps", "--quiet",
        "--disable-pip-version-check", wheel)
    mesh = HERE.parent.parent / "data" / "rooster_small.obj"
    run(python, "-I", "-c", ALIGN, work, mesh, cwd=work)
    # The backend that `pip install ./python` asks gives the same wheel.
    run(python, "-m", "pip", "wheel", "--no-index", "--no-deps", "--quiet",
        "--disable-pip-version-check", f"--config-settings=build-dir={build_dir}", "--wheel-dir",
        work / "by_pip", HERE.parent)
    again, = (work / "by_pip").glob("*.whl")
    assert again.name == wheel.name and again.read_bytes() == wheel.read_bytes(), again


if __name__ == "__main__":
    main()
