import type { Locator, Page } from "playwright-core";

/** GraphiQL as somebody uses it: by its tabs, editors and buttons. */
export class GraphiQL {
  constructor(readonly page: Page) {}

  /** Resolves when the page can be used. */
  async ready(): Promise<void> {
    await this.executeButton.waitFor();
    await this.text(this.page.getByLabel("Operation Editor")).first().waitFor();
  }

  /** Opens the tab of that title. */
  async openTab(title: string): Promise<void> {
    await this.page.getByRole("tab", { name: title }).click();
    await this.page.getByRole("tab", { name: title, selected: true }).waitFor();
  }

  async tabTitles(): Promise<string[]> {
    return this.page.locator(".graphiql-tab-button").allInnerTexts();
  }

  /** Replaces what the open tab has as headers. */
  async writeHeaders(headers: Record<string, string>): Promise<void> {
    await this.page.getByRole("button", { name: "Headers", exact: true }).click();
    await this.write(this.page.getByLabel("Headers", { exact: true }), JSON.stringify(headers));
  }

  /** Replaces what the open tab has as variables. */
  async writeVariables(variables: Record<string, unknown>): Promise<void> {
    await this.page.getByRole("button", { name: "Variables", exact: true }).click();
    await this.write(this.page.getByLabel("Variables", { exact: true }), JSON.stringify(variables));
  }

  async execute(): Promise<void> {
    await this.executeButton.click();
  }

  /** What the result window shows at the moment. */
  async result(): Promise<string> {
    const lines = await this.text(this.page.getByLabel("Result Window")).allInnerTexts();
    return lines.join("").replaceAll("\u00a0", " ");
  }

  private get executeButton(): Locator {
    return this.page.getByRole("button", { name: "Execute query" });
  }

  private text(section: Locator): Locator {
    return section.locator(".view-line:visible");
  }

  private async write(section: Locator, content: string): Promise<void> {
    await section.locator(".monaco-editor:visible").click();
    await this.page.keyboard.press("ControlOrMeta+A");
    await this.page.keyboard.insertText(content);
    // The editor closes brackets and quotes by itself.
    await this.page.keyboard.press("ControlOrMeta+Shift+End");
    await this.page.keyboard.press("Delete");
  }
}
