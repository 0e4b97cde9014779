#!/usr/bin/env python3
"""report.html in headless Chromium: no errors, nothing loaded, every control does something.

  report_page_test.py TOOLS_DIR [SAVE_DIR]

SAVE_DIR gets the reports and a screenshot of each in both colours. Exit 77 (skipped) where there is
no chromium.
"""
import base64, glob, json, os, re, shutil, struct, subprocess, sys, tempfile, time, zlib

TOOLS = sys.argv[1]
SAVE = sys.argv[2] if len(sys.argv) > 2 else None
CHROMIUM = shutil.which('chromium') or shutil.which('chromium-browser')
EVIL = "<script><img src=x onerror=\"document.title='broken'\">&amp;\u2028'.obj"


class Browser:
    """The DevTools protocol over a pipe: messages of JSON that end in a zero byte."""

    def __init__(self, folder):
        to_read, self.to = os.pipe()
        self.back, to_write = os.pipe()
        command = [CHROMIUM, '--headless=new', '--no-sandbox', '--disable-gpu',
                   '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--no-first-run',
                   '--disable-dev-shm-usage', '--disable-background-networking',
                   '--user-data-dir=' + folder, '--remote-debugging-pipe']
        shell = f'exec "$@" 3<&{to_read} 4>&{to_write}'
        self.process = subprocess.Popen(['bash', '-c', shell, 'bash'] + command,
                                        pass_fds=(to_read, to_write), stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(to_write)
        self.rest, self.count, self.session, self.events = b'', 0, None, []
        target = self.call('Target.createTarget', url='about:blank')['targetId']
        self.session = self.call('Target.attachToTarget', targetId=target,
                                 flatten=True)['sessionId']
        for domain in ['Page', 'Runtime', 'Log', 'Network']:
            self.call(domain + '.enable')

    def call(self, method, **params):
        self.count += 1
        message = {'id': self.count, 'method': method, 'params': params}
        if self.session:
            message['sessionId'] = self.session
        os.write(self.to, json.dumps(message).encode() + b'\0')
        while True:
            while b'\0' not in self.rest:
                part = os.read(self.back, 1 << 20)
                if not part:
                    raise SystemExit('chromium ended')
                self.rest += part
            line, self.rest = self.rest.split(b'\0', 1)
            answer = json.loads(line)
            if answer.get('id') == self.count:
                if 'error' in answer:
                    raise SystemExit(f'{method}: {answer["error"]}')
                return answer['result']
            self.events.append(answer)

    def run(self, script):
        answer = self.call('Runtime.evaluate', expression=script, returnByValue=True,
                           awaitPromise=True)
        if 'exceptionDetails' in answer:
            raise SystemExit(f'{script}: {answer["exceptionDetails"]}')
        return answer['result'].get('value')

    def open(self, path):
        self.size(1)
        self.events.clear()
        self.call('Page.navigate', url='file://' + path)
        if self.wait("document.documentElement?.dataset.ready || ''") != 'yes':
            raise SystemExit(f'{path} does not get ready: {self.problems()}')

    def wait(self, script):
        """The script's value when it is no longer empty, at the latest after 5 s."""
        for _ in range(100):
            value = self.run(script)
            if value:
                return value
            time.sleep(0.05)
        return value

    def size(self, scale):
        """The window holds the whole page, so that nothing scrolls; `scale` device px per px."""
        self.call('Emulation.setDeviceMetricsOverride', width=1280, height=2600,
                  deviceScaleFactor=scale, mobile=False)

    def problems(self):
        """Errors of the console and scripts, and all that was asked from elsewhere."""
        found = []
        for event in self.events:
            method, params = event.get('method'), event.get('params', {})
            if method == 'Runtime.exceptionThrown':
                found.append(str(params['exceptionDetails']))
            elif method == 'Runtime.consoleAPICalled' and params['type'] in ('error', 'warning'):
                found.append(str(params['args']))
            elif method == 'Log.entryAdded' and params['entry']['level'] == 'error':
                found.append(params['entry']['text'])
            elif method == 'Network.requestWillBeSent':
                url = params['request']['url']
                if not url.startswith(('file:', 'data:')):
                    found.append('asked for ' + url)
        return found

    def picture(self, selector, scale=0.5):
        box = self.run(f"(() => {{ const r = document.querySelector({json.dumps(selector)})"
                       ".getBoundingClientRect(); return [r.x + scrollX, r.y + scrollY, r.width,"
                       " r.height]; })()")
        clip = dict(zip(('x', 'y', 'width', 'height'), box), scale=scale)
        return base64.b64decode(self.call('Page.captureScreenshot', clip=clip)['data'])

    def shown(self, where):
        """What is seen there: the pixels of its canvases, or its words."""
        if where in ('#views', '#space'):
            return self.run(f"[...document.querySelectorAll('{where} canvas')]"
                            ".map((c) => c.toDataURL()).join()")
        return self.run(f"document.querySelector('{where}').innerText")

    def click(self, selector):
        x, y = self.run(f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
                        " e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect();"
                        " return [r.x + r.width / 2, r.y + r.height / 2]; })()")
        for kind in ('mousePressed', 'mouseReleased'):
            self.call('Input.dispatchMouseEvent', type=kind, x=x, y=y, button='left', clickCount=1)

    def key(self, key):
        text = {'text': key} if len(key) == 1 else {}
        code = {'ArrowLeft': 37, 'ArrowUp': 38, 'ArrowRight': 39, 'ArrowDown': 40}.get(key, 0)
        self.call('Input.dispatchKeyEvent', type='keyDown', key=key, windowsVirtualKeyCode=code,
                  **text)
        self.call('Input.dispatchKeyEvent', type='keyUp', key=key, windowsVirtualKeyCode=code)

    def close(self):
        self.session = None
        self.call('Browser.close')
        self.process.wait(20)


def pixels(png):
    """The rows of an 8-bit RGB(A) PNG as lists of RGB tuples."""
    at, data, width, height, channels = 8, b'', 0, 0, 3
    while at < len(png):
        size, kind = struct.unpack('>I4s', png[at:at + 8])
        body = png[at + 8:at + 8 + size]
        if kind == b'IHDR':
            width, height, _, color = struct.unpack('>IIBB', body[:10])
            channels = {2: 3, 6: 4}[color]
        data += body if kind == b'IDAT' else b''
        at += size + 12
    raw, stride = zlib.decompress(data), width * channels
    rows, above = [], bytearray(stride)
    for r in range(height):
        kind, row = raw[r * (stride + 1)], bytearray(raw[r * (stride + 1) + 1:(r + 1) * (stride + 1)])
        for i in range(stride):
            a = row[i - channels] if i >= channels else 0
            b, c = above[i], above[i - channels] if i >= channels else 0
            if kind == 1:
                row[i] = row[i] + a & 255
            elif kind == 2:
                row[i] = row[i] + b & 255
            elif kind == 3:
                row[i] = row[i] + (a + b) // 2 & 255
            elif kind == 4:
                p = a + b - c
                near = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))
                row[i] = row[i] + near[2] & 255
        rows.append([tuple(row[i:i + 3]) for i in range(0, stride, channels)])
        above = row
    return rows


def share_unlike_corner(png):
    rows = pixels(png)
    everything = [p for row in rows[2:-2] for p in row[2:-2]]
    return sum(p != rows[2][2] for p in everything) / len(everything)


def share_colored(png):
    """Of strongly coloured pixels: blue or orange, as a misfit's."""
    everything = [p for row in pixels(png) for p in row]
    return sum(max(p) - min(p) > 120 for p in everything) / len(everything)


def expect(ok, what):
    if not ok:
        raise SystemExit('FAILED: ' + what)


CONTROLS = """[...document.querySelectorAll('button, select, input, summary, canvas[tabindex]')]
  .filter((e) => e.offsetParent !== null).map((e, i) => { e.dataset.control = i; return {
    at: `[data-control="${i}"]`, tag: e.tagName, type: e.type || '', id: e.id,
    name: e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.textContent,
    region: e.closest('.view') ? '#views' : e.closest('section')?.getAttribute('aria-labelledby') ?? null
  }; })"""


def press_all(browser):
    """Every visible control changes what it is there for."""
    browser.size(0.25)  # software draws it: few pixels take little time
    controls = browser.run(CONTROLS)
    regions = {'#views': '#views', 'views-title': '#views', 'space-title': '#space',
               'figures-title': '#figures', 'headline': '#verdict', None: 'body'}
    for control in controls:
        expect(control['name'].strip(), f'a name for {control}')
        where, selector = regions[control['region']], control['at']
        if control['id'] == 'theme':
            continue  # light_and_dark
        if control['id'] == 'copy-json':
            browser.click(selector)
            words = "document.getElementById('found').textContent"
            expect(browser.wait(words) == 'copied', f'copying, not "{browser.run(words)}"')
            continue
        prepare(browser, control)
        before = browser.shown(where)
        if control['tag'] == 'SELECT':
            browser.run(f"(() => {{ const s = document.querySelector('{selector}');"
                        " s.selectedIndex = (s.selectedIndex + 1) % s.options.length;"
                        " s.dispatchEvent(new Event('change')); })()")
        elif control['tag'] == 'CANVAS':
            for key in ['+', 'ArrowLeft', 'ArrowUp', '-', 'ArrowRight', 'ArrowDown', '0']:
                browser.key(key)
                after = browser.shown(where)
                expect(after != before, f'key {key} in {control}')
                before = after
            continue
        elif control['type'] == 'range':
            browser.run(f"document.querySelector('{selector}').focus()")
            browser.key('ArrowLeft')
        elif control['type'] == 'search':
            browser.run(f"document.querySelector('{selector}').focus()")
            for key in 'iou':
                browser.key(key)
        else:
            browser.click(selector)
            if control['id'] == 'play':
                time.sleep(0.25)
        expect(browser.shown(where) != before, f'{control} changes {where}')
        undo(browser, control)


def prepare(browser, control):
    if control['id'] in ('to-final', 'fit-object', 'fit-all', 'through-camera'):
        browser.run("document.getElementById('to-start').click();"
                    "document.getElementById('space-canvas').focus()")
        browser.key('ArrowUp')
        browser.key('+')
    elif control['region'] == '#views' and control['tag'] == 'BUTTON':
        browser.run(f"document.querySelector('{control['at']}').closest('.view')"
                    ".querySelector('canvas').focus()")
        for key in ['ArrowLeft', '+']:
            browser.key(key)
    elif control['tag'] == 'CANVAS':
        browser.run(f"document.querySelector('{control['at']}').focus()")
    elif control['id'] != 'other':
        browser.run("document.getElementById('to-final').click()")


def undo(browser, control):
    if control['type'] == 'checkbox':
        browser.click(control['at'])
    elif control['id'] == 'other':
        browser.run("document.getElementById('to-final').click()")
    elif control['id'] == 'play':
        time.sleep(0.1)
        if browser.run("document.getElementById('play').textContent") == 'Pause':
            browser.click(control['at'])
    elif control['type'] == 'search':
        browser.run(f"(() => {{ const s = document.querySelector('{control['at']}'); s.value = '';"
                    " s.dispatchEvent(new Event('input')); })()")


def light_and_dark(browser, save):
    paper = []
    for words in ['system', 'light', 'dark']:
        expect(browser.run("document.getElementById('theme').textContent") == 'Colours: ' + words,
               'colours ' + words)
        paper.append(sum(pixels(browser.picture('h1', 0.5))[0][-1]))
        if save and words != 'system':
            with open(f'{save}_{words}.png', 'wb') as file:
                file.write(browser.picture('body', 0.6))
        browser.click('#theme')
    expect(paper[1] > 600 and paper[2] < 120, f'light and dark paper, not {paper}')


def look(browser, html, save=None):
    text = open(html, encoding='utf-8').read()
    expect(len(text.encode()) < 3000000, f'{html} has {len(text)} bytes')
    for url in re.findall(r'https?://[^"\'`\s)<]*', text):
        expect(url.startswith('http://www.w3.org/'), 'no address but names of XML, not ' + url)
    browser.open(html)
    print(f'{html}: {len(text.encode())} bytes, the pictures are there after '
          f"{browser.run('Math.round(performance.getEntriesByName(`pictures`)[0].startTime)')} ms, "
          f"the space after {browser.run('Math.round(performance.getEntriesByName(`space`)[0].startTime)')} ms")
    canvas = '.view canvas'
    expect(share_unlike_corner(browser.picture(canvas, 0.4)) > 0.03, 'a view is not blank')
    in_space = share_unlike_corner(browser.picture('#space-canvas', 0.25))
    expect(in_space > 0.005, f'the canvas in space is not blank: {in_space}')
    final = browser.picture(canvas, 0.5)
    browser.click('#to-start')
    start = browser.picture(canvas, 0.5)
    expect(start != final, 'start and final differ')
    expect(share_colored(start) > 0.002, 'the outline at the start is yellow')
    browser.click('#to-final')
    expect(browser.picture(canvas, 0.5) == final, 'back at the final pose')
    for shown in ['cameras', 'start', 'ellipsoid', 'mesh']:
        browser.run(f"document.getElementById('show-{shown}').click()")
    browser.run("document.getElementById('show-others').click()")
    expect(share_unlike_corner(browser.picture('#space-canvas', 0.25)) == 0, 'all of space is off')
    for shown in ['cameras', 'start', 'ellipsoid', 'mesh', 'others']:
        browser.run(f"document.getElementById('show-{shown}').click()")
    browser.run('document.querySelectorAll("details").forEach((d) => { d.open = false; })')
    if save is not None:
        light_and_dark(browser, save)


def tool(name, *arguments):
    done = subprocess.run([os.path.join(TOOLS, name), *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    expect(done.returncode in (0, 2), f'{name} {arguments}: {done.stderr}')
    return done.stdout


def ambiguous_scene(work):
    """A cube in two views, with photographs and a mesh whose name is not meant well."""
    tool('make_mesh', '--shape', 'cube', '--out', f'{work}/{EVIL}')
    tool('make_masks', '--mesh', f'{work}/{EVIL}', '--num_views', '2', '--rig_angle_deg', '25',
         '--num_poses', '1', '--image_size', '160x120', '--out_dir', f'{work}/box')
    path = glob.glob(f'{work}/box/*/scene.json')[0]
    scene = json.load(open(path, encoding='utf-8'))
    os.mkdir(f'{work}/photos')
    for view in scene['views']:
        body = bytes((x * 5 + y * 3) % 200 for y in range(120) for x in range(160) for _ in range(3))
        with open(f'{work}/photos/{view["name"]}.ppm', 'wb') as file:
            file.write(b'P6 160 120 255\n' + body)
    tool('ceres_align', '--scene', path, '--search', '--outputs', 'report', '--photos',
         f'{work}/photos', '--out_dir', f'{work}/out_box')
    return f'{work}/out_box/report.html'


def main():
    if CHROMIUM is None:
        print('skipped: no chromium')
        sys.exit(77)
    work = tempfile.mkdtemp()
    browser = None
    try:
        tool('ceres_align', '--outputs', 'report', '--out_dir', f'{work}/out_demo')
        demo = f'{work}/out_demo/report.html'
        box = ambiguous_scene(work)
        if SAVE:
            os.makedirs(SAVE, exist_ok=True)
            shutil.copy(demo, f'{SAVE}/demo.html')
            shutil.copy(box, f'{SAVE}/box.html')
        browser = Browser(f'{work}/profile')
        look(browser, demo, f'{SAVE}/demo' if SAVE else '')
        expect(browser.run("document.getElementById('headline').textContent") ==
               'The pose is usable', 'the verdict')
        expect(browser.problems() == [], f'{browser.problems()}')
        look(browser, box, f'{SAVE}/box' if SAVE else None)
        expect(browser.run("document.querySelector('.verdict').dataset.kind") == 'ambiguous',
               'the verdict of the box')
        expect('ambiguity' in browser.run("document.querySelector('.next').textContent"),
               'what to do')
        expect(browser.run("document.getElementById('title').textContent").startswith(EVIL[:20]),
               'the name as it is')
        expect(browser.run("document.querySelectorAll('img').length") == 0, 'no tag of a name')
        press_all(browser)
        expect(browser.problems() == [], f'{browser.problems()}')
        print('passed')
    finally:
        if browser:
            browser.close()
        shutil.rmtree(work, ignore_errors=True)


main()
