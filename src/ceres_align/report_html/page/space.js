// The mesh, cameras, start, other poses and the covariance in space, by three.js.
const kMostNames = 16;

class Space {
  constructor(canvas) {
    this.canvas = canvas;
    // The picture stays readable after it was drawn: a browser can save it as an image.
    this.renderer = new THREE.WebGLRenderer({canvas, antialias: true, preserveDrawingBuffer: true});
    this.scene = new THREE.Scene();
    this.camera = new THREE.PerspectiveCamera(40, 1, 0.01, 1000);
    this.materials = [];
    this.addLights();
    this.geometry = this.meshGeometry();
    this.mesh = this.addMesh('--mesh', 1);
    this.start = this.addMesh('--start', 0.4);
    this.place(this.start, data.space.poses[0]);
    this.others = data.space.others.map((motion) => {
      const mesh = this.addMesh('--other', 0.3);
      this.place(mesh, motion);
      return mesh;
    });
    this.addCameras();
    this.addEllipsoid();
    this.camera.up.copy(this.upOfFirstCamera());
    this.controls = new THREE.OrbitControls(this.camera, canvas);
    this.controls.addEventListener('change', () => this.draw());
    this.fit(true);
  }

  addLights() {
    this.scene.add(new THREE.AmbientLight(0xffffff, 1.1));
    this.light = new THREE.DirectionalLight(0xffffff, 2.2);
    this.scene.add(this.light, this.light.target);
  }

  meshGeometry() {
    const {mesh} = data.space;
    const quantized = new Uint16Array(bytesOf(mesh.vertices));
    const positions = new Float32Array(quantized.length);
    quantized.forEach((value, i) => {
      const low = mesh.low[i % 3], high = mesh.high[i % 3];
      positions[i] = low + value / 65535 * (high - low);
    });
    const geometry = new THREE.BufferGeometry();
    geometry.setAttribute('position', new THREE.BufferAttribute(positions, 3));
    geometry.setIndex(new THREE.BufferAttribute(new Uint16Array(bytesOf(mesh.triangles)), 1));
    return geometry;
  }

  colored(material, variable) {
    this.materials.push([material, variable]);
    return material;
  }

  addMesh(variable, opacity) {
    const ghost = opacity < 1;
    const material = this.colored(new THREE.MeshLambertMaterial({flatShading: true, opacity,
      side: THREE.DoubleSide, transparent: ghost, depthWrite: !ghost, polygonOffset: ghost,
      polygonOffsetFactor: 1, polygonOffsetUnits: 4}), variable);
    const mesh = new THREE.Mesh(this.geometry, material);
    mesh.renderOrder = ghost ? 1 : 0;
    this.scene.add(mesh);
    return mesh;
  }

  place(mesh, [qx, qy, qz, qw, x, y, z]) {
    mesh.quaternion.set(qx, qy, qz, qw);
    mesh.position.set(x, y, z);
  }

  addCameras() {
    const positions = [];
    this.frusta = [];
    for (const {center, corners} of data.space.cameras) {
      const distance = Math.hypot(...center);
      const depth = Math.max(0.22 * distance, 0.2 * data.space.radius);
      const ends = corners.map((ray) => ray.map((r, k) => center[k] + depth * r));
      this.frusta.push(...[center, ...ends].map((end) => new THREE.Vector3(...end)));
      for (let i = 0; i < 4; ++i) positions.push(...center, ...ends[i], ...ends[i], ...ends[(i + 1) % 4]);
      // A tent over the picture's upper side says what is up.
      const top = ends[0].map((a, k) => (a + ends[1][k]) / 2 + 0.3 * (a - ends[3][k]));
      positions.push(...ends[0], ...top, ...top, ...ends[1]);
    }
    const geometry = new THREE.BufferGeometry();
    geometry.setAttribute('position', new THREE.BufferAttribute(new Float32Array(positions), 3));
    this.cameras = new THREE.LineSegments(geometry,
      this.colored(new THREE.LineBasicMaterial(), '--camera'));
    this.scene.add(this.cameras);
    this.names = data.space.cameras.slice(0, kMostNames).map(({name, center}) => {
      const label = el('span', {class: 'camera-name', 'aria-hidden': 'true'}, name);
      this.canvas.parentNode.append(label);
      return [label, new THREE.Vector3(...center)];
    });
  }

  placeNames() {
    for (const [label, center] of this.names) {
      const at = center.clone().project(this.camera);
      label.hidden = !this.cameras.visible || Math.abs(at.x) > 0.97 || Math.abs(at.y) > 0.97 || at.z > 1;
      label.style.left = `${(at.x + 1) * 50}%`;
      label.style.top = `${(1 - at.y) * 50}%`;
    }
  }

  addEllipsoid() {
    const {ellipsoid, radius} = data.space;
    this.ellipsoid = new THREE.Group();
    this.scene.add(this.ellipsoid);
    if (!ellipsoid) return;
    const longest = Math.max(...ellipsoid.axes.map((axis) => Math.hypot(...axis)));
    this.magnified = 1;
    for (let i = 0; longest > 0 && longest * this.magnified < 0.25 * radius; ++i) {
      this.magnified *= i % 3 === 1 ? 2.5 : 2;
    }
    const geometry = new THREE.SphereGeometry(1, 40, 24);
    const points = geometry.getAttribute('position');
    for (let i = 0; i < points.count; ++i) {
      const unit = [points.getX(i), points.getY(i), points.getZ(i)];
      const at = [0, 1, 2].map((k) => ellipsoid.center[k] + this.magnified *
        unit.reduce((sum, u, axis) => sum + u * ellipsoid.axes[axis][k], 0));
      points.setXYZ(i, ...at);
    }
    // Seen through the mesh, which it mostly lies in.
    const material = this.colored(new THREE.MeshLambertMaterial({transparent: true, opacity: 0.6,
      depthTest: false, flatShading: true, side: THREE.DoubleSide}), '--ellipsoid');
    const mesh = new THREE.Mesh(geometry, material);
    mesh.renderOrder = 2;
    this.ellipsoid.add(mesh);
  }

  upOfFirstCamera() {
    const {corners} = data.space.cameras[0];
    return new THREE.Vector3(...corners[0].map((a, k) => a - corners[3][k])).normalize();
  }

  // Points that a picture of the object, or of all cameras too, must hold.
  pointsToShow(all) {
    const {mesh, poses} = data.space;
    const points = [];
    for (let corner = 0; corner < 8; ++corner) {
      const point = new THREE.Vector3(...[0, 1, 2].map((k) => (corner >> k & 1 ? mesh.high : mesh.low)[k]));
      points.push(point);
      const [qx, qy, qz, qw, x, y, z] = poses[0];
      if (all) points.push(point.clone().applyQuaternion(new THREE.Quaternion(qx, qy, qz, qw))
        .add(new THREE.Vector3(x, y, z)));
    }
    if (all) points.push(...this.frusta);
    return points;
  }

  // From beside the first camera, as near as the points allow.
  fit(all) {
    const toCamera = new THREE.Vector3(...data.space.cameras[0].center);
    if (toCamera.length() === 0) toCamera.set(0, 0, 1);
    toCamera.normalize();
    const aside = new THREE.Vector3().crossVectors(this.camera.up, toCamera).normalize();
    const way = toCamera.clone().multiplyScalar(all ? 0.55 : 1).addScaledVector(aside, all ? 1 : 0.3)
      .addScaledVector(this.camera.up, 0.4).normalize();
    const right = new THREE.Vector3().crossVectors(this.camera.up, way).normalize();
    const up = new THREE.Vector3().crossVectors(way, right);
    const points = this.pointsToShow(all);
    const target = new THREE.Vector3();
    for (const axis of [right, up, way]) {
      const along = points.map((point) => point.dot(axis));
      target.addScaledVector(axis, (Math.min(...along) + Math.max(...along)) / 2);
    }
    this.camera.fov = 32;
    const tangent = 0.9 * Math.tan(this.camera.fov / 2 * Math.PI / 180);
    const aspect = this.canvas.clientWidth / Math.max(1, this.canvas.clientHeight);
    const distance = Math.max(...points.map((point) => {
      const from = point.clone().sub(target);
      return from.dot(way) + Math.max(Math.abs(from.dot(up)), Math.abs(from.dot(right)) / aspect) / tangent;
    }));
    this.look(way.multiplyScalar(distance).add(target), target);
  }

  throughCamera() {
    const {center, corners} = data.space.cameras[0];
    const rays = corners.map((ray) => new THREE.Vector3(...ray));
    const axis = rays.reduce((sum, ray) => sum.add(ray), new THREE.Vector3()).multiplyScalar(0.25);
    const height = rays[0].distanceTo(rays[3]), width = rays[0].distanceTo(rays[1]);
    const aspect = this.canvas.clientWidth / Math.max(1, this.canvas.clientHeight);
    const half = Math.max(height, width / aspect) / 2 / axis.length();
    this.camera.fov = 2 * Math.atan(half) * 180 / Math.PI;
    const eye = new THREE.Vector3(...center);
    this.look(eye, eye.clone().addScaledVector(axis.normalize(), eye.length()));
  }

  look(eye, target) {
    this.camera.position.copy(eye);
    this.controls.target.copy(target);
    this.controls.update();
    this.draw();
  }

  turn(right, up) {
    const offset = this.camera.position.clone().sub(this.controls.target);
    const side = new THREE.Vector3().crossVectors(this.camera.up, offset).normalize();
    offset.applyQuaternion(new THREE.Quaternion().setFromAxisAngle(this.camera.up, right));
    offset.applyQuaternion(new THREE.Quaternion().setFromAxisAngle(side, -up));
    this.look(this.controls.target.clone().add(offset), this.controls.target.clone());
  }

  zoomBy(factor) {
    const offset = this.camera.position.clone().sub(this.controls.target).multiplyScalar(factor);
    this.look(this.controls.target.clone().add(offset), this.controls.target.clone());
  }

  draw() {
    const {clientWidth, clientHeight} = this.canvas;
    if (clientWidth === 0 || clientHeight === 0) return;
    this.renderer.setPixelRatio(Math.min(2, window.devicePixelRatio || 1));
    this.renderer.setSize(clientWidth, clientHeight, false);
    this.camera.aspect = clientWidth / clientHeight;
    const distance = this.camera.position.length();
    const reach = distance + Math.max(data.space.radius,
      ...data.space.cameras.map(({center}) => Math.hypot(...center)));
    this.camera.near = reach / 2000;
    this.camera.far = 2 * reach;
    this.camera.updateProjectionMatrix();
    this.renderer.setClearColor(new THREE.Color(cssColor('--card')));
    for (const [material, variable] of this.materials) {
      material.color.set(variable === '--mesh' ? '#9aa7b8' : cssColor(variable));
    }
    this.light.position.copy(this.camera.position);
    this.light.target.position.copy(this.controls.target);
    this.mesh.visible = byId('show-mesh').checked;
    this.start.visible = byId('show-start').checked && data.poses.length > 1;
    this.others.forEach((other) => { other.visible = byId('show-others').checked; });
    this.cameras.visible = byId('show-cameras').checked;
    this.ellipsoid.visible = byId('show-ellipsoid').checked;
    this.place(this.mesh, state.other >= 0 ? data.space.others[state.other]
                                           : data.space.poses[state.pose]);
    this.renderer.render(this.scene, this.camera);
    this.placeNames();
  }
}

function spaceKeys(space) {
  const turns = {ArrowLeft: [-0.12, 0], ArrowRight: [0.12, 0], ArrowUp: [0, 0.12], ArrowDown: [0, -0.12]};
  space.canvas.addEventListener('keydown', (event) => {
    if (event.key === '+' || event.key === '=') space.zoomBy(0.8);
    else if (event.key === '-') space.zoomBy(1.25);
    else if (event.key === '0') space.fit(true);
    else if (turns[event.key]) space.turn(...turns[event.key]);
    else return;
    event.preventDefault();
  });
}

function spaceWords(space) {
  const {moves, meshes, faces, shown_faces: shown} = data.space;
  byId('space-hint').textContent = 'Cameras about the object. The gray mesh stands where the slider ' +
    'above puts it, at first at the final pose.';
  const words = [];
  if (shown < faces) words.push(`The mesh is shown with ${shown} of its ${faces} faces.`);
  if (space.magnified) {
    words.push('The ellipsoid holds the object’s position with 90 % probability' +
      (space.magnified > 1 ? `, drawn ${space.magnified.toLocaleString('en')} times larger than it is.` : '.'));
  }
  if (moves) {
    words.push('The object stands at a place of its own in each view: cameras are shown as the ' +
      'object saw them, start and other poses as the first view saw them.');
  }
  if (meshes > 1) words.push('The mesh is the first view’s; others have their own.');
  byId('space-note').textContent = words.join(' ');
}

function showSpace() {
  byId('start-name').textContent = data.poses[0];
  byId('show-others-label').hidden = data.others.length === 0;
  byId('show-ellipsoid-label').hidden = !data.space.ellipsoid;
  let space;
  try {
    space = new Space(byId('space-canvas'));
  } catch (error) {
    byId('space-message').textContent = 'This browser shows no WebGL, which the 3D view needs. (' +
      error.message + ')';
    return;
  }
  spaceWords(space);
  spaceKeys(space);
  redraws.push(() => space.draw());
  for (const what of ['mesh', 'start', 'others', 'cameras', 'ellipsoid']) {
    byId('show-' + what).addEventListener('change', () => space.draw());
  }
  byId('fit-object').addEventListener('click', () => space.fit(false));
  byId('fit-all').addEventListener('click', () => space.fit(true));
  byId('through-camera').addEventListener('click', () => space.throughCamera());
}
