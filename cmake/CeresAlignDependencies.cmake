# Everything comes from Debian 12's packages; tools/install_deps.sh names them.
# GLOBAL: who links a static library from another folder links what it links.
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)
find_package(Eigen3 3.3 REQUIRED NO_MODULE)
find_package(Ceres 2.1 REQUIRED)
find_package(gflags REQUIRED)
find_package(glog REQUIRED)
find_package(TBB REQUIRED)
find_package(nlohmann_json 3 REQUIRED)
find_package(PNG REQUIRED)
find_package(GIF REQUIRED)
find_package(OpenCVSplit REQUIRED COMPONENTS core imgproc imgcodecs)
find_package(RobotFormats REQUIRED COMPONENTS urdfdom assimp yaml_cpp)
unset(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL)
