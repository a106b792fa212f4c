/** On a machine whose only Python is too old: it is said, and uv helps in one click. */
import assert from "node:assert/strict";
import { api, type Tests, ui, until } from "./stage";

export const tests: Tests = {
  "no Python that is new enough is found, and the status says so": async () => {
    const { server, status } = await api();
    await until("discovery is over", () => server.condition === "noPython");
    assert.deepEqual(server.refused[0], "python3 (PATH): is 3.9.18");
    assert.match(status.glance.text, /no Python 3\.11/);
  },

  "a command does not hang, and nothing is started": async () => {
    const { server } = await api();
    assert.equal(await ui("fixTests"), undefined);
    assert.equal(server.condition, "noPython");
  },

  "uv installs one, and the server runs on it": async () => {
    const { server } = await api();
    await ui("installPython");
    await until("the server runs", () => server.isRunning, 60);
    assert.equal(server.python?.from, "uv");
  },
};
