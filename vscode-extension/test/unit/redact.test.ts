import assert from "node:assert/strict";
import { test } from "node:test";
import { redacted, withoutKeys } from "../../src/redact";

test("the key is not in a trace of the request that hands it over", () => {
  const traced = 'Sending request \'patchwire/setKey - (3)\'.\nParams: {\n    "key": "a-key \\"of\\" no usual form"\n}';
  assert.equal(withoutKeys(traced).includes("of"), false);
  assert.equal(withoutKeys(traced).includes('"key": "(key)"'), true);
});

test("keys are known by their look, by the words before them, and by heart", () => {
  assert.equal(withoutKeys("it was sk-proj-abcdefghijkl1234."), "it was (key).");
  assert.equal(withoutKeys("Authorization: Bearer abc.def"), "Authorization: Bearer (key)");
  assert.equal(withoutKeys("the secret is swordfish", ["swordfish"]), "the secret is (key)");
  assert.equal(withoutKeys('the secret is say \\"hi\\"', ['say "hi"']), "the secret is (key)");
  assert.equal(withoutKeys("by http://me:pass@proxy.example:3128/"), "by http://(credentials)@proxy.example:3128/");
  assert.equal(withoutKeys("sorting keys: key_of, key-value"), "sorting keys: key_of, key-value");
});

test("places are named by what they are, the inner one first", () => {
  const places = { "~": "/home/ada", "(workspace)": "/home/ada/secret-project", "": "/" };
  assert.equal(redacted("/home/ada/secret-project/a.py and /home/ada/.x", places), "(workspace)/a.py and ~/.x");
});
