// The Python script beside a .glb. What it knows stands in it as JSON, which it parses itself: no
// name or path of the user becomes Python.
#include <nlohmann/json.hpp>

#include "ceres_align/formats/gltf_scene.h"
#include "ceres_align/io/conventions.h"

namespace ceres_align {

using nlohmann::ordered_json;

namespace {

constexpr const char* kBeforeData =
    R"py(# Written by ceres_align: opens the scene in Blender with each camera as it was calibrated.
#   blender --python THIS_FILE [-- [--photos FOLDER] [--camera NAME] [--render FOLDER]]
# The .glb lies beside this file. glTF has no principal point and no lens: the former is set here
# (sensor shift), the latter is left out.
import argparse
import json
import os
import sys

import bpy
import numpy

if "bool" not in vars(numpy):
    numpy.bool = bool  # Blender 3.4's importer asks for it; Debian 12's numpy has it no more

DATA = json.loads(r"""
)py";

constexpr const char* kAfterData = R"py(
""")
HERE = os.path.dirname(os.path.abspath(__file__))


def arguments():
    behind = sys.argv[sys.argv.index("--") + 1:] if "--" in sys.argv else []
    parser = argparse.ArgumentParser(prog=os.path.basename(__file__))
    parser.add_argument("--photos", default=HERE, help="the folder that the photographs' paths start from")
    parser.add_argument("--camera", help="the camera to look through; default: the first")
    parser.add_argument("--render", help="a folder: a PNG by each camera, transparent beside the mesh")
    return parser.parse_args(behind)


def import_scene():
    """The objects by the names that they have in the file."""
    for thing in list(bpy.data.objects):  # the default cube, lamp and camera
        bpy.data.objects.remove(thing, do_unlink=True)
    bpy.ops.import_scene.gltf(filepath=os.path.join(HERE, DATA["glb"]))
    return {thing.name: thing for thing in bpy.data.objects}


def set_up(thing, camera, photos):
    lens = thing.data
    lens.type = "PERSP"
    lens.sensor_fit = "HORIZONTAL"
    lens.sensor_width = camera["sensor_width_mm"]
    lens.lens_unit = "MILLIMETERS"
    lens.lens = camera["lens_mm"]
    lens.shift_x = camera["shift_x"]
    lens.shift_y = camera["shift_y"]
    path = os.path.join(photos, camera["image"]) if camera["image"] else ""
    if os.path.isfile(path):
        background = lens.background_images.new()
        background.image = bpy.data.images.load(path)
        background.frame_method = "STRETCH"
        background.alpha = 0.7
        lens.show_background_images = True
    elif path:
        print("no photograph", path)


def look_through(thing, camera):
    """Resolution and pixel aspect are the scene's in Blender, not a camera's."""
    scene = bpy.context.scene
    scene.camera = thing
    scene.render.resolution_x = camera["width"]
    scene.render.resolution_y = camera["height"]
    scene.render.resolution_percentage = 100
    scene.render.pixel_aspect_x = camera["pixel_aspect_x"]
    scene.render.pixel_aspect_y = camera["pixel_aspect_y"]


def main():
    args = arguments()
    things = import_scene()
    cameras = {camera["name"]: camera for camera in DATA["cameras"]}
    for name, camera in cameras.items():
        set_up(things[name], camera, args.photos)
    if args.camera and args.camera not in cameras:
        sys.exit("--camera: there are " + ", ".join(cameras))
    if args.render:
        scene = bpy.context.scene
        scene.render.engine = "CYCLES"  # needs no display
        scene.cycles.samples = 16
        scene.cycles.use_denoising = False  # Debian's has no denoiser
        scene.cycles.pixel_filter_type = "BOX"  # alpha is coverage
        render = scene.render
        render.film_transparent = True
        render.image_settings.file_format = "PNG"
        render.image_settings.color_mode = "RGBA"
        for name, camera in cameras.items():
            look_through(things[name], camera)
            render.filepath = os.path.join(os.path.abspath(args.render), name + ".png")
            bpy.ops.render.render(write_still=True)
    if cameras:
        name = args.camera or next(iter(cameras))
        look_through(things[name], cameras[name])


main()
)py";

}  // namespace

std::string BlenderScript(const std::string& glb_name, const CameraSet& set) {
  ordered_json data;
  data["glb"] = glb_name;
  data["cameras"] = ordered_json::array();
  for (const CalibratedCamera& camera : set.cameras) {
    const BlenderCamera b = ToBlender(camera.camera);
    data["cameras"].push_back({{"name", camera.name},
                               {"width", camera.camera.width_px},
                               {"height", camera.camera.height_px},
                               {"lens_mm", b.lens_mm},
                               {"sensor_width_mm", b.sensor_width_mm},
                               {"shift_x", b.shift_x},
                               {"shift_y", b.shift_y},
                               {"pixel_aspect_x", b.pixel_aspect_x},
                               {"pixel_aspect_y", b.pixel_aspect_y},
                               {"image", camera.image}});
  }
  // JSON never has three quotes in a row without a backslash, so Python's string ends where it
  // should.
  constexpr int kIndent = 1;
  constexpr bool kAscii = true;
  return kBeforeData + data.dump(kIndent, ' ', kAscii) + kAfterData;
}

}  // namespace ceres_align
