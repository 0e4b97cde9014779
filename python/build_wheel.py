#!/usr/bin/env python3
"""Packs the wheel of ceres_align; a PEP 517 backend with nothing but the standard library.

    python3 python/build_wheel.py --build-dir build --out dist    packs what a build has made
    pip install ./python                                          builds and installs
    pip install ./python --config-settings=build-dir=$PWD/build   packs, and installs

The wheel is for this machine's Python and needs Debian's packages of Ceres, OpenCV and the others
at run time (tools/install_deps.sh); it is not one for PyPI.
"""

import argparse
import base64
import hashlib
import os
import pathlib
import re
import subprocess
import sys
import sysconfig
import tempfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
NAME = "ceres_align"
# A fixed time in the archive: the same files give the same wheel.
TIME = (2020, 1, 1, 0, 0, 0)


def version():
    text = (HERE.parent / "CMakeLists.txt").read_text()
    return re.search(r"project\(ceres_align VERSION ([0-9.]+)", text).group(1)


def tag():
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    platform = re.sub("[-.]", "_", sysconfig.get_platform())
    return f"{python}-{python}-{platform}"


def metadata():
    summary = "Camera pose from a triangle mesh and silhouette masks"
    return (f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {version()}\nSummary: {summary}\n"
            "License: Apache-2.0\nRequires-Python: >=3.8\nRequires-Dist: numpy\n")


def wheel_info():
    return ("Wheel-Version: 1.0\nGenerator: ceres_align build_wheel.py\nRoot-Is-Purelib: false\n"
            f"Tag: {tag()}\n")


def record_line(name, data):
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{name},sha256={digest},{len(data)}\n"


def package_files(build_dir):
    """Of the build's package: the extension of this Python, and the files that belong to it."""
    folder = pathlib.Path(build_dir) / "python" / NAME
    extension = folder / ("_core" + sysconfig.get_config_var("EXT_SUFFIX"))
    if not extension.is_file():
        raise SystemExit(f"build_wheel: {extension} is missing: build the target "
                         "ceres_align_python for this Python first")
    sources = sorted(path for path in (HERE / NAME).iterdir()
                     if path.suffix in (".py", ".pyi") or path.name == "py.typed")
    return [extension, *(folder / path.name for path in sources)]


def pack(build_dir, out):
    info = f"{NAME}-{version()}.dist-info"
    files = [(f"{NAME}/{path.name}", path.read_bytes()) for path in package_files(build_dir)]
    files += [(f"{info}/METADATA", metadata().encode()), (f"{info}/WHEEL", wheel_info().encode()),
              (f"{info}/LICENSE", (HERE.parent / "LICENSE").read_bytes())]
    record = "".join(record_line(name, data) for name, data in files) + f"{info}/RECORD,,\n"
    files.append((f"{info}/RECORD", record.encode()))
    wheel = pathlib.Path(out) / f"{NAME}-{version()}-{tag()}.whl"
    wheel.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            entry = zipfile.ZipInfo(name, TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return wheel


def build(folder):
    """Configures and builds the extension alone."""
    subprocess.check_call(["cmake", "-S", str(HERE.parent), "-B", folder, "-G", "Ninja",
                           f"-DPython3_EXECUTABLE={sys.executable}",
                           "-DCERES_ALIGN_BUILD_PYTHON=ON", "-DCERES_ALIGN_BUILD_TOOLS=OFF",
                           "-DCERES_ALIGN_BUILD_TESTS=OFF", "-DCERES_ALIGN_BUILD_BENCHMARKS=OFF",
                           "-DCERES_ALIGN_BUILD_EXAMPLES=OFF"])
    subprocess.check_call(["cmake", "--build", folder, "--target", "ceres_align_python",
                           "--parallel", str(os.cpu_count())])


# What pip calls.
def get_requires_for_build_wheel(config_settings=None):
    return []


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    build_dir = (config_settings or {}).get("build-dir")
    if build_dir:
        return pack(build_dir, wheel_directory).name
    with tempfile.TemporaryDirectory() as folder:
        build(folder)
        return pack(folder, wheel_directory).name


def main():
    parser = argparse.ArgumentParser(description="Packs the wheel of ceres_align.")
    parser.add_argument("--build-dir", required=True, help="a build that has ceres_align_python")
    parser.add_argument("--out", required=True, help="folder for the wheel")
    arguments = parser.parse_args()
    print(pack(arguments.build_dir, arguments.out))


if __name__ == "__main__":
    main()
