// A headless browser for tests: Debian's chromium, driven by playwright-core.
import { chromium } from "playwright-core";

const kExecutable = process.env.ICPD_CHROMIUM ?? "/usr/bin/chromium";
const kArguments = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

/** A browser with a profile of its own that goes with it. */
export const startBrowser = () =>
  chromium.launch({ executablePath: kExecutable, args: kArguments });

/** A page that notes what it asks of anybody else than its own origin, and what goes wrong in it. */
export async function openPage(browser, url, options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const seen = { outside: [], errors: [] };
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin) seen.outside.push(request.url());
  });
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") seen.errors.push(message.text());
  });
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  page.on("dialog", (dialog) => {
    seen.errors.push(`a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  await page.goto(url);
  return { page, seen };
}
