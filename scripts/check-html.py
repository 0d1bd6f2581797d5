"""Opens pages of `--format html` in a headless Chromium and looks at what a person would.

    check-html.py CHROMIUM AXE PICTURES SAMPLE LARGE EMPTY [PAGE...]

SAMPLE is the page of the tests' sample, LARGE one of more findings than are listed, EMPTY one of none, PAGE any other. AXE is
axe.min.js of the package axe-core. Screenshots go to the folder PICTURES. Prints every problem; ends with 0 if there is none.

It speaks the DevTools protocol over a pipe, so that it needs nothing but Python. The browser can reach no host, and
whatever it asks for but the page itself is a problem.
"""

import base64
import json
import os
import pathlib
import select
import subprocess
import sys
import tempfile
import time

# Seconds that one answer of the browser may take: far more than it does, so that only what hangs ends so.
PATIENCE = 60


class Browser:
    """A browser, and one page in it."""

    def __init__(self, chromium, profile):
        from_us, to_us = os.pipe(), os.pipe()

        def hand_over():
            # The protocol is spoken on 3 and 4. Aside first, for one of ours may have such a number.
            ours = [os.dup(from_us[0]), os.dup(to_us[1])]
            ours = [os.dup2(one, 60 + at) for at, one in enumerate(ours)]
            os.dup2(ours[0], 3)
            os.dup2(ours[1], 4)

        self.process = subprocess.Popen(
            [chromium, "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu",
             "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
             "--disable-extensions", "--disable-sync", "--no-first-run", "--no-default-browser-check",
             "--host-resolver-rules=MAP * ~NOTFOUND", "--hide-scrollbars", "--lang=en",
             f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(3, 4), preexec_fn=hand_over, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=open(os.path.join(profile, "stderr"), "wb"), env={**os.environ, "HOME": profile})
        os.close(from_us[0])
        os.close(to_us[1])
        self.to, self.of = from_us[1], to_us[0]
        self.rest, self.number, self.session, self.events = b"", 0, None, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ["Page", "Runtime", "Network", "Log", "Audits"]:
            self.call(f"{domain}.enable")

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data):]
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def receive(self):
        deadline = time.monotonic() + PATIENCE
        while b"\0" not in self.rest:
            if not select.select([self.of], [], [], max(0, deadline - time.monotonic()))[0]:
                raise RuntimeError(f"the browser does not answer within {PATIENCE} s")
            data = os.read(self.of, 1 << 20)
            if not data:
                raise RuntimeError("the browser ended")
            self.rest += data
        message, self.rest = self.rest.split(b"\0", 1)
        message = json.loads(message)
        if "method" in message:
            self.events.append(message)
        return message

    def open(self, address):
        """Opens a page and waits until it is loaded."""
        # By way of an empty one: to another fragment of the same page nothing would be loaded.
        for one in ["about:blank", address]:
            self.events.clear()
            self.call("Page.navigate", url=one)
            while not any(event["method"] == "Page.loadEventFired" for event in self.events):
                self.receive()

    def js(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def key(self, key, text=None, code=None):
        for kind in ["keyDown", "keyUp"]:
            more = {"text": text} if text and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code or 0, **more)

    def type(self, text):
        self.call("Input.insertText", text=text)
        self.settle()

    def settle(self):
        """Lets the page's own delay pass: it filters when nothing was typed for a while."""
        self.js("new Promise(done => setTimeout(done, 250))")

    def look(self, scheme="light", width=1280, height=900, media=""):
        self.call("Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)

    def picture(self, path, width, most=4000):
        """A picture of the page's beginning. The window is made as long, for what is outside of it is not drawn."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=int(min(size["height"], most)),
                  deviceScaleFactor=1, mobile=width < 600)
        self.js("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50))))")
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def end(self):
        self.process.kill()
        self.process.wait()


def problems_of(events, address):
    """What a page asked for beside itself, and what the browser complained of."""
    for event in events:
        method, told = event["method"], event["params"]
        if method == "Network.requestWillBeSent" and told["request"]["url"].split("#")[0] not in (address, "about:blank"):
            yield f"asks for {told['request']['url'][:200]}"
        elif method == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning"):
            yield f"console: {told['entry']['text'][:300]}"
        elif method == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning", "assert"):
            yield f"console: {json.dumps(told['args'])[:300]}"
        elif method == "Runtime.exceptionThrown":
            yield f"script: {json.dumps(told['exceptionDetails'])[:300]}"
        elif method == "Audits.issueAdded":
            yield f"issue: {json.dumps(told['issue'])[:300]}"


SHOWN = "[...document.querySelectorAll('article')].filter(one => !one.hidden)"
WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


class Check:
    """What is expected of pages, and what was found wrong."""

    def __init__(self, browser, axe, pictures):
        self.browser, self.axe, self.pictures = browser, axe, pictures
        self.failed, self.passed = [], 0

    def expect(self, page, what, is_so):
        if is_so:
            self.passed += 1
        else:
            self.failed.append(f"{page}: {what}")

    def page(self, path, views, axe=True):
        """What holds for every page: quiet, alone, fits, accessible, in both schemes."""
        browser, address, name = self.browser, path.resolve().as_uri(), path.name
        for scheme, width in views:
            browser.look(scheme, width)
            browser.open(address)
            self.expect(name, f"is wider than {width} pixels", not browser.js(WIDE))
            browser.picture(self.pictures / f"{path.stem}-{scheme}-{width}.png", width)
            if axe:
                # Closed parts are looked at as well, by opening them.
                browser.js("document.querySelectorAll('details').forEach(one => one.open = true)")
                browser.js(self.axe)
                found = browser.js("axe.run(document, {resultTypes: ['violations']}).then(told => told.violations.map("
                                   "one => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(' | ')}`))")
                for problem in found:
                    self.expect(f"{name} ({scheme}, {width})", problem, False)
                self.expect(name, "axe looked at it", browser.js("typeof axe.version") == "string")
            for problem in problems_of(browser.events, address):
                self.expect(name, problem, False)
        self.expect(name, "is not told as one page", any(e["method"] == "Network.requestWillBeSent" for e in browser.events))

    def filter(self, path):
        """Search and choices hide and show, by keyboard alone."""
        browser, name = self.browser, path.name
        browser.look()
        browser.open(path.resolve().as_uri())
        shown = lambda: browser.js(f"{SHOWN}.length")
        all_of_them = shown()
        self.expect(name, "the filter is shown", browser.js("document.getElementById('filter').checkVisibility()"))
        browser.key("Tab", code=9)
        self.expect(name, "the first key leads past the head, and is seen",
                    browser.js("document.activeElement.matches('.skip') && document.activeElement.getBoundingClientRect().left >= 0"))
        browser.key("Enter", text="\r", code=13)
        self.expect(name, "it leads to the findings", browser.js("document.activeElement.id") == "findings")
        browser.js("document.activeElement.blur()")
        browser.open(path.resolve().as_uri())
        tabs = 0
        while browser.js("document.activeElement.id") != "q" and tabs < 60:
            browser.key("Tab", code=9)
            tabs += 1
        self.expect(name, "the search is reached with the tabulator", browser.js("document.activeElement.id") == "q")
        self.expect(name, "the focus is seen", browser.js("getComputedStyle(document.activeElement).outlineStyle") == "solid")
        browser.type("Prototype pollution")
        self.expect(name, f"a search by title finds the one, and not {shown()}", shown() == 1)
        self.expect(name, "how many are shown is said", browser.js("document.getElementById('hits').textContent").startswith(f"1 of {all_of_them} "))
        self.expect(name, "the search stands in the address", "q=Prototype" in browser.js("location.hash"))
        fingerprint = browser.js(f"{SHOWN}[0].id")
        for query, is_found in [(fingerprint, True), ("KNOWN-exploited", True), ("CVE-2026-0001", True), ("lodash 4.17", True),
                                ("web/package-lock", True), ("no such thing at all", False)]:
            browser.js("document.getElementById('q').value = ''")
            browser.type(query)
            self.expect(name, f"{query} is {'' if is_found else 'not '}found", (shown() > 0) == is_found)
        browser.js("document.getElementById('reset').focus()")
        browser.key("Enter", text="\r", code=13)
        browser.settle()
        self.expect(name, "the button shows all again", shown() == all_of_them and browser.js("location.hash") == "#findings")
        for field, data in [("severity", "severity"), ("kind", "kind"), ("landed", "landed")]:
            browser.js(f"document.getElementById('{field}').focus()")
            browser.key("ArrowDown", code=40)
            browser.settle()
            value = browser.js(f"document.getElementById('{field}').value")
            self.expect(name, f"{field} can be chosen with the keyboard", bool(value))
            right = browser.js(f"{SHOWN}.every(one => one.dataset.{data} === '{value}')")
            self.expect(name, f"{field} leaves {value} only", right and 0 < shown() < all_of_them)
            browser.js("document.getElementById('reset').click()")
        browser.js("document.querySelector('a[data-rule]').focus()")
        browser.key("Enter", text="\r", code=13)
        browser.settle()
        self.expect(name, "the count of a rule leaves its findings",
                    0 < shown() < all_of_them and browser.js(f"{SHOWN}.every(one => one.dataset.rules.split(' ').includes('0'))")
                    and browser.js("document.getElementById('rule').value") == "0")
        self.expect(name, "the count of a rule leads to the findings", browser.js("document.activeElement.id") == "findings")
        browser.js("document.getElementById('reset').click()")
        browser.js("document.getElementById('landed').value = 'waived'")
        browser.js("document.getElementById('landed').dispatchEvent(new Event('input', {bubbles: true}))")
        browser.settle()
        self.expect(name, "a closed group opens for what is found in it",
                    browser.js(f"{SHOWN}.length > 0 && {SHOWN}.every(one => one.checkVisibility())"))
        browser.open(path.resolve().as_uri() + "#?severity=critical")
        right = browser.js(f"{SHOWN}.every(one => one.dataset.severity === 'critical')")
        self.expect(name, "an address with a filter filters", right and 0 < shown() < all_of_them)

    def copy(self, path):
        """The waiver is copied, or selected where the browser does not let a page copy; by keyboard alone."""
        browser, name = self.browser, path.name
        for is_let in [True, False]:
            browser.open(path.resolve().as_uri())
            write = "{ window.copied = text; }" if is_let else "{ throw new Error('not allowed'); }"
            browser.js(f"Object.defineProperty(navigator, 'clipboard', {{value: {{writeText: async text => {write}}}}})")
            browser.js("document.querySelector('article summary').focus()")
            browser.key("Enter", text="\r", code=13)
            browser.settle()
            tabs = 0
            while browser.js("document.activeElement.textContent") != "Copy" and tabs < 30:
                browser.key("Tab", code=9)
                tabs += 1
            browser.key("Enter", text="\r", code=13)
            browser.settle()
            has = "window.copied" if is_let else "getSelection().toString()"
            waiver = browser.js("document.querySelector('article pre').textContent")
            self.expect(name, f"the waiver is {'copied' if is_let else 'selected'}",
                        waiver.startswith("- id: ") and browser.js(has).strip() == waiver.strip())
            self.expect(name, "that it was is said",
                        browser.js("document.activeElement.textContent") == ("Copied" if is_let else "Selected, to be copied"))

    def without_script(self, path):
        """Everything can be read, and nothing is offered that does not work."""
        browser, name = self.browser, path.name
        browser.call("Emulation.setScriptExecutionDisabled", value=True)
        browser.look(media="print")
        browser.open(path.resolve().as_uri())
        self.expect(name, "without script the filter is hidden", not browser.js("document.getElementById('filter').checkVisibility()"))
        self.expect(name, "without script all findings are there", browser.js(f"{SHOWN}.length > 20"))
        is_seen = "one.checkVisibility() && one.getBoundingClientRect().height > 10"
        self.expect(name, "what is closed is printed",
                    browser.js(f"[...document.querySelectorAll('table, div.list article details > dl')].every(one => {is_seen})"))
        self.expect(name, "a group that is closed is not printed, and says so",
                    browser.js("[...document.querySelectorAll('details.list')].every(one => getComputedStyle(one.querySelector('summary'),"
                               " '::after').content.includes('not printed') && [...one.querySelectorAll('article')].every(one =>"
                               " !one.checkVisibility({contentVisibilityAuto: true}) || one.getBoundingClientRect().height < 10))"))
        self.expect(name, "the waiver to paste is not printed",
                    browser.js("[...document.querySelectorAll('pre')].every(one => !one.checkVisibility())"))
        pdf = base64.b64decode(browser.call("Page.printToPDF", printBackground=False, preferCSSPageSize=True)["data"])
        (self.pictures / f"{path.stem}.pdf").write_bytes(pdf)
        self.expect(name, "it is printed on several pages", pdf.count(b"/Type /Page\n") > 4 or pdf.count(b"/Type /Page") > 5)
        browser.look()
        browser.call("Emulation.setScriptExecutionDisabled", value=False)

    def script_is_bound(self, path):
        """The page's own policy stops a script and a style that text from outside would bring."""
        browser, name = self.browser, path.name
        evil = path.with_name("evil.html")
        evil.write_text(path.read_text(encoding="utf-8").replace(
            "</main>", "<p id=evil style='color: red' onclick='window.ran = 1'>x</p><img src='https://evil.example/x.png' onerror='window.ran = 1'>"
            "<script>window.ran = 1</script></main>"), encoding="utf-8")
        browser.open(evil.resolve().as_uri())
        browser.js("document.getElementById('evil').click()")
        self.expect(name, "a script that is not ours does not run", browser.js("window.ran === undefined"))
        self.expect(name, "a style that is not ours does nothing", browser.js("getComputedStyle(document.getElementById('evil')).color") != "rgb(255, 0, 0)")
        self.expect(name, "the browser complains of what is not ours, which this test would see", list(problems_of(browser.events, evil.resolve().as_uri())))
        evil.unlink()

    def large(self, path):
        """What is cut is said, and the filter still works."""
        browser, name = self.browser, path.name
        browser.look()
        browser.open(path.resolve().as_uri())
        self.expect(name, "it says what was cut", "The worst 2,000 of 5,001 are listed" in browser.js("document.querySelector('#findings .cut').textContent"))
        self.expect(name, "2,000 are listed", browser.js(f"{SHOWN}.length") == 2000)
        browser.js("document.getElementById('q').focus()")
        browser.type("module_17.py")
        self.expect(name, "the search finds some", 0 < browser.js(f"{SHOWN}.length") < 100)


def main():
    chromium, axe, pictures, sample, large, empty, *others = sys.argv[1:]
    pictures = pathlib.Path(pictures)
    pictures.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(chromium, profile)
        try:
            check = Check(browser, pathlib.Path(axe).read_text(encoding="utf-8"), pictures)
            check.page(pathlib.Path(sample), [("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)])
            for page in [empty, *others]:
                check.page(pathlib.Path(page), [("dark", 1280), ("light", 390)])
            check.page(pathlib.Path(large), [("light", 1280)], axe=False)
            check.filter(pathlib.Path(sample))
            check.copy(pathlib.Path(sample))
            check.without_script(pathlib.Path(sample))
            check.script_is_bound(pathlib.Path(sample))
            check.large(pathlib.Path(large))
        finally:
            browser.end()
    for problem in check.failed:
        print(f"check-html: {problem}")
    if check.failed or check.passed < 60:
        print(f"check-html: {len(check.failed)} problems, {check.passed} checks hold")
        return 1
    print(f"check-html: no problem; {check.passed} checks, pictures in {pictures}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
