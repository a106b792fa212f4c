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
