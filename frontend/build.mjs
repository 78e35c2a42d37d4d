// Builds dxflow/web/static/vendor from pinned packages. The result is committed, so that
// installing and running dxflow needs no node; continuous integration rebuilds and compares.
import * as esbuild from "esbuild";
import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { icons } from "./icons.mjs";

const here = import.meta.dirname;
const packages = path.join(here, "node_modules");
const vendor = path.join(here, "../dxflow/web/static/vendor");
const testVendor = path.join(here, "../tests/e2e/vendor");

const read = (...parts) => fs.readFileSync(path.join(...parts), "utf8");
const versionOf = (name) => JSON.parse(read(packages, name, "package.json"));

/** The BPMN viewer: one script, one style sheet. Returns the names of the packages inside. */
async function buildViewer() {
  const result = await esbuild.build({
    absWorkingDir: here,
    entryPoints: ["src/viewer.js"],
    outdir: vendor,
    bundle: true,
    minify: true,
    format: "iife",
    target: ["chrome90", "edge90", "firefox90", "safari15"],
    legalComments: "none", // the licences stand in full in LICENSES.txt
    loader: { ".svg": "empty", ".woff2": "empty" },
    metafile: true,
    logLevel: "warning",
  });
  const names = Object.keys(result.metafile.inputs)
    .map((file) => file.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1])
    .filter(Boolean);
  return [...new Set(names)];
}

/** One sprite with a <symbol> for each icon, drawn with <use href="icons.svg#name">. */
function buildIcons() {
  const symbols = icons.map((name) => {
    const svg = read(packages, "lucide-static/icons", `${name}.svg`);
    const body = svg.replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "");
    const shapes = body.replace(/\s*\n\s*/g, "").trim();
    return (
      `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" ` +
      `stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${shapes}</symbol>`
    );
  });
  const sprite = `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`;
  fs.writeFileSync(path.join(vendor, "icons.svg"), sprite);
}

function licenceOf(name) {
  const folder = path.join(packages, name);
  const file = fs.readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const { version, license } = versionOf(name);
  const text = file ? read(folder, file).replaceAll("\r\n", "\n").trim() : `Licence: ${license}`;
  return `== ${name} ${version} (${license}) ==\n\n${text}\n`;
}

function writeManifest(names) {
  const files = fs.readdirSync(vendor).filter((name) => name !== "manifest.json").sort();
  const manifest = {
    packages: Object.fromEntries(names.map((name) => [name, versionOf(name).version])),
    files: Object.fromEntries(
      files.map((name) => {
        const bytes = fs.readFileSync(path.join(vendor, name));
        const sha256 = crypto.createHash("sha256").update(bytes).digest("hex");
        return [name, { bytes: bytes.length, sha256 }];
      }),
    ),
  };
  fs.writeFileSync(path.join(vendor, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");
}

fs.rmSync(vendor, { recursive: true, force: true });
fs.mkdirSync(vendor, { recursive: true });
fs.mkdirSync(testVendor, { recursive: true });

const bundled = await buildViewer();
buildIcons();
fs.copyFileSync(
  path.join(packages, "@digital-go-jp/design-tokens/dist/tokens.css"),
  path.join(vendor, "tokens.css"),
);
const names = [...bundled, "@digital-go-jp/design-tokens", "lucide-static"].sort();
fs.writeFileSync(path.join(vendor, "LICENSES.txt"), names.map(licenceOf).join("\n"));
writeManifest(names);

// Test only, not part of the product: the accessibility checker.
fs.copyFileSync(path.join(packages, "axe-core/axe.min.js"), path.join(testVendor, "axe.min.js"));
fs.copyFileSync(path.join(packages, "axe-core/LICENSE"), path.join(testVendor, "axe.LICENSE"));
