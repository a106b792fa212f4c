// @ts-check
/**
 * The projects that the tests work on, and what the service says in them.
 */
import * as fs from "node:fs";
import * as path from "node:path";

const TILL = `"""A till with two mistakes, far enough from each other to be two hunks."""


def discounted(cents, percent):
    """What is left of an amount after a discount."""
    return round(cents * (100 + percent) / 100)


def names():
    """The names of the tills."""
    return ["left", "middle", "right"]


def change(paid, due):
    """What is to be given back."""
    return paid + due
`;

const GOODS = `def cost(price, quantity):
    return price + quantity
`;

const TESTS = `from goods import cost
from till import change, discounted


def test_discount():
    assert discounted(1000, 10) == 900


def test_change():
    assert change(500, 200) == 300


def test_cost():
    assert cost(3, 5) == 15
`;

const BOTH = `*** Begin Patch
*** Update File: till.py
@@
-    return round(cents * (100 + percent) / 100)
+    return round(cents * (100 - percent) / 100)
@@
-    return paid + due
+    return paid - due
*** Update File: goods.py
@@
-    return price + quantity
+    return price * quantity
*** End Patch
`;

const REST = `*** Begin Patch
*** Update File: till.py
@@
-    return paid + due
+    return paid - due
*** Update File: goods.py
@@
-    return price - quantity
+    return price * quantity
*** End Patch
`;

const patch = (/** @type {string} */ text) => ({ call: "write_patch", arguments: { patch: text } });
const runTests = { call: "run_tests", arguments: { targets: null, trace: false } };
const say = (/** @type {string} */ text) => ({ say: text, phase: "final_answer" });

/** What the service answers in the suite `main`, one entry a request, in the order of its tests. */
export const PLAY = [
  ...[patch(BOTH), runTests, say("Three signs were wrong.")],
  ...[patch(REST), runTests, say("The two that were left.")],
  ...[say("Hello."), say("There is nothing to rename."), say("It is a good name."), say("On it goes."), say("Here I am again.")],
  runTests,
];

/** The same in the suite `hands`. */
export const HANDS_PLAY = [
  ...[patch(BOTH), runTests, say("Three signs were wrong.")],
  ...[say("Hello."), say("Hello again."), say("It is right as it is.")],
];

/**
 * Lay out the project of the suites.
 * @param {string} place
 */
export function layOut(place) {
  fs.mkdirSync(path.join(place, "tests"), { recursive: true });
  fs.writeFileSync(path.join(place, "till.py"), TILL);
  fs.writeFileSync(path.join(place, "goods.py"), GOODS);
  fs.writeFileSync(path.join(place, "wait.py"), "import time\n\ntime.sleep(60)\n");
  fs.writeFileSync(path.join(place, "tests", "test_shop.py"), TESTS);
  fs.writeFileSync(path.join(place, "pyproject.toml"), '[tool.pytest.ini_options]\npythonpath = ["."]\n');
}

/**
 * Make the project one that would like to be run: with a python of its own, settings, and tests that leave a mark.
 * @param {string} place
 */
export function makeHostile(place) {
  const bin = path.join(place, ".venv", "bin");
  fs.mkdirSync(bin, { recursive: true });
  for (const name of ["python", "python3"]) {
    fs.writeFileSync(path.join(bin, name), `#!/bin/sh\ntouch "${place}/STARTED"\nexec python3 "$@"\n`, { mode: 0o755 });
  }
  fs.mkdirSync(path.join(place, ".vscode"), { recursive: true });
  const settings = { "patchwire.testCommand": "touch RAN", "patchwire.python": `${bin}/python`, "patchwire.offline": true };
  fs.writeFileSync(path.join(place, ".vscode", "settings.json"), JSON.stringify(settings));
  fs.writeFileSync(path.join(place, "conftest.py"), `open(${JSON.stringify(`${place}/RAN`)}, "w").close()\n`);
}

/**
 * A directory of programs with a python that is too old, and a uv that can get another one.
 * @param {string} place
 * @param {string} python the one that uv gets
 */
export function makeOldMachine(place, python) {
  fs.mkdirSync(place, { recursive: true });
  const old = '#!/bin/sh\nprintf "3.9.18\\n/usr/bin/python3\\n"\n';
  const uv = `#!/bin/sh
case "$1 $2" in
  "--version ") echo "uv 0.9" ;;
  "python install") : > "${place}/installed" ;;
  "python find") test -e "${place}/installed" && echo "${python}" ;;
esac
`;
  fs.writeFileSync(path.join(place, "python3"), old, { mode: 0o755 });
  fs.writeFileSync(path.join(place, "uv"), uv, { mode: 0o755 });
}

const PYTHON_EXTENSION = `
  environments: {
    getActiveEnvironmentPath: () => ({ id: "selected", path: "selected" }),
    resolveEnvironment: () => answer(),
  },`;
const ENVIRONMENTS_EXTENSION = `
  getEnvironment: () => answer(),`;

/**
 * Extensions that export what the Python extension and Python Environments do, and let a test choose what they say.
 * @param {string} place
 * @returns {string[]} where they lie
 */
export function makePythonExtensions(place) {
  return Object.entries({ python: PYTHON_EXTENSION, "vscode-python-envs": ENVIRONMENTS_EXTENSION }).map(([name, api]) => {
    const home = path.join(place, `ms-python.${name}-2026.1.0`);
    fs.mkdirSync(home, { recursive: true });
    const manifest = { publisher: "ms-python", name, version: "2026.1.0", engines: { vscode: "^1.90.0" }, main: "./index.js" };
    fs.writeFileSync(path.join(home, "package.json"), JSON.stringify(manifest));
    const code = `let chosen;
const answer = async () => {
  if (chosen instanceof Error) throw chosen;
  return chosen;
};
exports.activate = () => ({${api}
  select: (it) => { chosen = it; },
});
`;
    fs.writeFileSync(path.join(home, "index.js"), code);
    return home;
  });
}
