import { existsSync } from "node:fs"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { chromium } from "playwright-core"
import type { Browser, Page } from "playwright-core"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import type { RunResult } from "../workflow/run-result.ts"
import { comparePage } from "./compare-page.ts"
import { runPage } from "./run-page.ts"
import { videoRun } from "./testing/video-run.ts"

const CHROMIUM = "/usr/bin/chromium"
const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
]
const missing = !existsSync(CHROMIUM)
if (missing) console.warn(`skipped: pages are not opened in a browser, since there is no ${CHROMIUM}`)

/** What went wrong while a page was open. */
interface Opened {
  readonly page: Page
  readonly problems: readonly string[]
}

describe.skipIf(missing)("pages in a browser without network", () => {
  let browser: Browser
  let directory: string

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "trimtab-report-"))
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS })
  })

  afterAll(async () => {
    await browser?.close()
    await rm(directory, { recursive: true, force: true })
  })

  async function open(html: string, look: { colorScheme: "light" | "dark"; width: number }): Promise<Opened> {
    const file = join(directory, "page.html")
    await writeFile(file, html)
    const context = await browser.newContext({
      colorScheme: look.colorScheme,
      viewport: { width: look.width, height: 900 },
      offline: true,
    })
    const page = await context.newPage()
    const problems: string[] = []
    page.on("console", (message) => problems.push(`console: ${message.text()}`))
    page.on("pageerror", (error) => problems.push(`error: ${error.message}`))
    page.on("dialog", (dialog) => {
      problems.push(`dialog: ${dialog.message()}`)
      void dialog.dismiss() // The page is closed right after; nothing waits for it.
    })
    page.on("request", (request) => {
      if (!request.url().startsWith("file:")) problems.push(`request: ${request.url()}`)
    })
    // Registered before the page's own content: a violation of the policy is an event of the document.
    await page.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`)
      })
    })
    await page.goto(pathToFileURL(file).href)
    return { page, problems }
  }

  it.each(["light", "dark"] as const)("shows a lane and a decision for each step, %s", async (colorScheme) => {
    const { page, problems } = await open(runPage(videoRun()), { colorScheme, width: 1200 })
    for (const { name } of videoRun().steps) {
      expect(await page.locator(`svg .lane[data-step="${name}"]`).count()).toBe(1)
      expect(await page.locator(`.decision[data-step="${name}"]`).count()).toBe(1)
      expect(await page.locator(`svg .node[data-step="${name}"]`).isVisible()).toBe(true)
    }
    expect(problems).toEqual([])
    await page.context().close()
  })

  it("follows the reader's scheme", async () => {
    const background = async (colorScheme: "light" | "dark"): Promise<string> => {
      const { page } = await open(runPage(videoRun()), { colorScheme, width: 1200 })
      const colour = await page.locator("body").evaluate((body) => getComputedStyle(body).backgroundColor)
      await page.context().close()
      return colour
    }
    expect(await background("light")).not.toBe(await background("dark"))
  })

  it("never scrolls sideways as a whole, and keeps labels inside figures", async () => {
    for (const width of [1200, 420]) {
      const { page } = await open(runPage(videoRun()), { colorScheme: "light", width })
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      expect(overflow).toBeLessThanOrEqual(0)
      const outside = await page.locator("svg.figure").evaluateAll((figures) =>
        figures.flatMap((figure) => {
          const box = figure.getBoundingClientRect()
          return [...figure.querySelectorAll("text")]
            .filter((text) => {
              const { left, right } = text.getBoundingClientRect()
              return left < box.left - 1 || right > box.right + 1
            })
            .map((text) => text.textContent)
        }),
      )
      expect(outside).toEqual([])
      await page.context().close()
    }
  })

  it("runs nothing that a name brings along", async () => {
    const evil = '<script>alert(1)</script><img src="http://example.invalid/x" onerror="alert(2)">'
    const result = videoRun()
    const hostile: RunResult = {
      ...result,
      workflow: evil,
      steps: result.steps.map((step) => ({ ...step, reason: evil, name: step.name + evil, after: [] })),
    }
    const { page, problems } = await open(runPage(hostile), { colorScheme: "light", width: 1200 })
    expect(await page.locator("h1").textContent()).toBe(evil)
    expect(problems).toEqual([])
    await page.context().close()
  })

  it("opens the comparison as well", async () => {
    const html = comparePage([videoRun(), videoRun({ goal: "tight" })])
    const { page, problems } = await open(html, { colorScheme: "dark", width: 1200 })
    expect(await page.locator("svg .lane").count()).toBe(16)
    expect(problems).toEqual([])
    await page.context().close()
  })
})
