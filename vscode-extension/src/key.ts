/**
 * The API key: kept in VS Code's secret storage, handed to the server in memory, and shown nowhere.
 */
import * as vscode from "vscode";
import type { Outcome } from "./contract";
import type { Server } from "./server";

const NAME = "patchwire.key";

export class Key {
  constructor(
    private readonly secrets: vscode.SecretStorage,
    private readonly server: Server,
  ) {}

  register(): vscode.Disposable {
    void this.#tellContext();
    // Another window may have changed it.
    return this.secrets.onDidChange(async ({ key }) => {
      if (key === NAME) {
        await this.#changed().catch((error: unknown) => this.server.log.error(String(error)));
      }
    });
  }

  async #changed(): Promise<void> {
    await this.#tellContext();
    if (this.server.isRunning) {
      await this.handOver();
    }
  }

  /** The walkthrough ticks its step by it. */
  async #tellContext(): Promise<void> {
    const has = (await this.secrets.get(NAME)) !== undefined;
    await vscode.commands.executeCommand("setContext", "patchwire.hasKey", has);
  }

  /** Tell the server the key, or that there is none any more. */
  async handOver(): Promise<void> {
    await this.server.request<Outcome>("patchwire/setKey", { key: (await this.secrets.get(NAME)) ?? null });
  }

  async store(key: string): Promise<void> {
    await this.secrets.store(NAME, key);
    await this.#changed();
  }

  async set(): Promise<void> {
    const key = await vscode.window.showInputBox({
      title: "Patchwire: API Key",
      prompt: "Kept in VS Code's secret storage. To have a program print it instead, set patchwire.keyCommand.",
      password: true,
      ignoreFocusOut: true,
      validateInput: (text) => (/\s/.test(text.trim()) ? "A key holds no spaces; paste it alone." : undefined),
    });
    if (key?.trim()) {
      await this.store(key.trim());
      const test = "Test It";
      if ((await vscode.window.showInformationMessage("The key is stored.", test)) === test) {
        await this.test();
      }
    }
  }

  async clear(): Promise<void> {
    await this.secrets.delete(NAME);
    await this.#changed();
    void vscode.window.showInformationMessage("The key is gone from VS Code's secret storage.");
  }

  async test(): Promise<void> {
    const outcome = await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: "Asking the service with your key" },
      () => this.ask(),
    );
    const show = outcome.status === "ok" ? vscode.window.showInformationMessage : vscode.window.showErrorMessage;
    void show(outcome.message);
  }

  /** Whether the service takes the key, in the server's words. */
  async ask(): Promise<Outcome> {
    await this.server.ready();
    await this.handOver();
    return this.server.request<Outcome>("patchwire/testKey", {});
  }

  /** What a report must not show. */
  async secret(): Promise<string[]> {
    const key = await this.secrets.get(NAME);
    return key === undefined ? [] : [key];
  }
}
